-- Store the catalog of a model, from new_rows(item_index, events, bias).
--
-- Parameters
--   $model    VARCHAR
INSERT INTO mmsql.catalog
SELECT $model, c.item_id, n.events, n.bias
FROM new_rows n
JOIN train_catalog c ON c.item_index = n.item_index
ORDER BY c.item_id;
