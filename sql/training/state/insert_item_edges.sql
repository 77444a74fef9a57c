-- Store the edges of a model, from new_rows(item_index, neighbor_index, modality, weight), ordered by item, so that a
-- join on one item reads few rows. A list lookup of the ids keeps that order. A join with a sort takes three times as
-- long.
--
-- Parameters
--   $model    VARCHAR
INSERT INTO mmsql.item_edges
SELECT $model, c.ids[n.item_index + 1], c.ids[n.neighbor_index + 1], n.modality, n.weight
FROM new_rows n
CROSS JOIN (SELECT list(t.item_id ORDER BY t.item_index) AS ids FROM train_catalog t) c;
