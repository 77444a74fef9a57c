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
    SELECT g.visitor, g.model, v.attribute, list(v.value ORDER BY v.place) AS entries
    FROM (SELECT unnest(visitors, recursive := true)) g
    JOIN mmsql.users u ON u.user_id = g.user_id
    CROSS JOIN LATERAL (FROM mmsql._attribute_values(to_json(u))) v
    GROUP BY g.visitor, g.model, v.attribute
),
described AS MATERIALIZED (
    -- A model of an earlier version has no schema: its users had lists, values, numbers, and the category as a path.
    SELECT k.visitor, k.model, k.attribute, k.entries,
           coalesce(s.kind, CASE WHEN k.attribute = 'category' THEN 'hierarchy' ELSE 'category' END) AS kind,
           coalesce(s.separator, CASE WHEN k.attribute = 'category' THEN '>' END) AS separator
    FROM known k
    LEFT JOIN mmsql.attribute_schema s ON s.model = k.model AND s.source = 'users' AND s.attribute = k.attribute
),
alike AS (
    SELECT d.visitor, d.model, d.attribute,
           unnest(mmsql._attribute_readings(d.kind, d.separator, d.entries)) AS value
    FROM described d
    UNION
    SELECT n.visitor, n.model, n.attribute, b.value
    FROM (
        SELECT d.visitor, d.model, d.attribute,
               unnest(list_transform(d.entries, lambda entry: mmsql._attribute_number(d.kind, entry))) AS number
        FROM described d
    ) n
    JOIN (SELECT DISTINCT e.model, e.attribute, e.value, e.low, e.high FROM mmsql.user_edges e WHERE e.low IS NOT NULL) b
      ON b.model = n.model AND b.attribute = n.attribute AND n.number >= b.low AND n.number < b.high
)
SELECT a.visitor, e.item_id, e.attribute, e.value, e.low, e.high, e.weight
FROM alike a
JOIN mmsql.user_edges e ON e.model = a.model AND e.attribute = a.attribute AND e.value = a.value;
