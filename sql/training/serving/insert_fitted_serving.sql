-- Put together what serving reads of the model that is being stored, from new_rows(item_index, place, events, bias,
-- neighbors, weights, vector). See schema/serving.sql for the columns; insert_serving.sql makes the same of a stored
-- one.
INSERT INTO mmsql.serving
SELECT c.item_id, n.place, n.events, CAST(n.bias AS DOUBLE) AS bias, n.neighbors, n.weights,
       CAST(n.vector AS FLOAT[]) AS vector
FROM new_rows n
JOIN train_catalog c ON c.item_index = n.item_index
ORDER BY c.item_id;
