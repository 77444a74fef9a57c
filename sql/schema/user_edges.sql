-- The edges from attribute values of users to items, for users without history: the weight of the edge from a value to
-- item_id. A number has a bin as its value, from low to below high; both are NULL for other values.
-- The table is created like item_edges, so that ids in a file of an earlier version have the same type.
CREATE TABLE IF NOT EXISTS mmsql.user_edges AS
SELECT e.model, CAST(NULL AS VARCHAR) AS attribute, CAST(NULL AS VARCHAR) AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, e.item_id, e.weight
FROM mmsql.item_edges e
LIMIT 0;
