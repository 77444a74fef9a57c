-- Store item vectors of one modality, from new_rows(item_index, modality, vector).
--
-- Parameters
--   $model    VARCHAR
INSERT INTO mmsql.item_vectors
SELECT $model, c.item_id, n.modality, n.vector
FROM new_rows n
JOIN train_catalog c ON c.item_index = n.item_index
ORDER BY n.item_index;
