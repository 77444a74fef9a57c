-- Store the catalog of an evaluation, from new_rows(item_index, events, vector).
--
-- Parameters
--   $evaluation   BIGINT
INSERT INTO mmsql.evaluation_items
SELECT $evaluation, c.item_id, n.events, n.vector
FROM new_rows n
JOIN train_catalog c ON c.item_index = n.item_index
ORDER BY n.item_index;
