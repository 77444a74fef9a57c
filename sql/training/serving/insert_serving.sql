-- Fill mmsql.serving with the items of the deployed model. See schema/serving.sql for the columns.
--
-- Parameters
--   $model    VARCHAR, the deployed model; NULL for none
INSERT INTO mmsql.serving
WITH items AS MATERIALIZED (
    SELECT c.item_id, c.events, c.bias,
           CAST(row_number() OVER (ORDER BY c.bias DESC, c.item_id) AS INTEGER) AS popularity_rank
    FROM mmsql.catalog c
    WHERE c.model = $model
),
edges AS (
    SELECT i.popularity_rank, n.popularity_rank AS neighbor, sum(e.weight) AS weight
    FROM mmsql.item_edges e
    JOIN items i ON i.item_id = e.item_id
    JOIN items n ON n.item_id = e.neighbor_id
    WHERE e.model = $model
    GROUP BY i.popularity_rank, n.popularity_rank
),
edge_lists AS (
    -- An aggregate with ORDER BY takes some 30 KB a group, however short its list.
    SELECT e.popularity_rank, list_sort(list({'neighbor': e.neighbor, 'weight': e.weight})) AS edges
    FROM edges e
    GROUP BY e.popularity_rank
)
SELECT i.item_id, i.popularity_rank, i.events, i.bias, list_transform(e.edges, lambda edge: edge.neighbor),
       list_transform(e.edges, lambda edge: edge.weight), v.vector
FROM items i
LEFT JOIN edge_lists e ON e.popularity_rank = i.popularity_rank
LEFT JOIN mmsql.item_vectors v ON v.model = $model AND v.modality = 'fused' AND v.item_id = i.item_id
ORDER BY i.item_id;
