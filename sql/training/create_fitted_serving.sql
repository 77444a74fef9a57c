-- Put together what serving reads of the model that is being stored, from new_rows(item_index, place, events, bias,
-- neighbors, weights, vector). See schema/serving.sql for the columns; create_serving.sql makes the same of a stored one.
CREATE OR REPLACE TABLE mmsql.serving AS
SELECT c.item_id, n.place, n.events, CAST(n.bias AS DOUBLE) AS bias, n.neighbors, n.weights,
       CAST(n.vector AS FLOAT[]) AS vector
FROM new_rows n
JOIN train_catalog c ON c.item_index = n.item_index
ORDER BY c.item_id;
