-- The item graph of the deployed model, with titles. For tools that only read tables.
CREATE VIEW mmsql.item_neighbors AS
SELECT e.item_id, e.modality, e.neighbor_id, i.title AS neighbor_title, e.weight
FROM mmsql.item_edges e
JOIN mmsql.serving_model m ON m.model = e.model
LEFT JOIN (
    SELECT x.item_id, any_value(x.title) AS title FROM mmsql.items x GROUP BY x.item_id
) i ON i.item_id = e.neighbor_id;
