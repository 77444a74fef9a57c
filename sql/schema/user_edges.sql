-- What attribute values of users speak for, for users without history: how strongly a value speaks for item_id.
-- A number is a value in a bin, from low to below high; both are NULL for other values.
-- Made like item_edges, so that in a file of an earlier version ids have the type they have there.
CREATE TABLE IF NOT EXISTS mmsql.user_edges AS
SELECT e.model, CAST(NULL AS VARCHAR) AS attribute, CAST(NULL AS VARCHAR) AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, e.item_id, e.weight
FROM mmsql.item_edges e
LIMIT 0;
