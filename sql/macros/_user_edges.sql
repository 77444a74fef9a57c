-- What the attributes of users speak for: the items that training users with the same values had. For users without
-- history; it reads mmsql.users live, so that a user who registered after training is served.
--
-- Parameters
--   visitors     a list of structs: visitor, a number to tell them apart; user_id, in the type of interactions; model
-- Returns
--   visitor      of the list
--   item_id      an item
--   attribute    VARCHAR, a column of mmsql.users
--   value        VARCHAR, the user's value, or for a number what its bin is called
--   low          DOUBLE, where the bin begins; NULL for other values
--   high         DOUBLE, where it ends, itself not in it
--   weight       DOUBLE
-- Example
--   FROM mmsql._user_edges([{'visitor': 1, 'user_id': 'U0001', 'model': 'graph-1'}]);
CREATE MACRO mmsql._user_edges(visitors) AS TABLE
WITH known AS MATERIALIZED (
    SELECT g.visitor, g.model, unnest(mmsql._attribute_values(to_json(u)), recursive := true)
    FROM (SELECT unnest(visitors, recursive := true)) g
    JOIN mmsql.users u ON u.user_id = g.user_id
),
alike AS (
    SELECT k.visitor, k.model, k.attribute, k.value FROM known k
    UNION
    SELECT k.visitor, k.model, k.attribute, b.value
    FROM known k
    JOIN (SELECT e.model, e.attribute, e.value, e.low, e.high FROM mmsql.user_edges e WHERE e.low IS NOT NULL) b
      ON b.model = k.model AND b.attribute = k.attribute
     AND TRY_CAST(k.value AS DOUBLE) >= b.low AND TRY_CAST(k.value AS DOUBLE) < b.high
)
SELECT a.visitor, e.item_id, e.attribute, e.value, e.low, e.high, e.weight
FROM alike a
JOIN mmsql.user_edges e ON e.model = a.model AND e.attribute = a.attribute AND e.value = a.value;
