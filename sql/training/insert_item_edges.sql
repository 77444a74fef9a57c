-- Store the edges of a model, from new_rows(item_index, neighbor_index, modality, weight), in order of item,
-- so that a join on one item reads few rows.
--
-- Parameters
--   $model    VARCHAR
INSERT INTO mmsql.item_edges
SELECT $model, a.item_id, b.item_id, n.modality, n.weight
FROM new_rows n
JOIN train_catalog a ON a.item_index = n.item_index
JOIN train_catalog b ON b.item_index = n.neighbor_index
ORDER BY n.item_index, n.modality, n.weight DESC, n.neighbor_index;
