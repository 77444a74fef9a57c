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
WITH found AS (
    SELECT v.visitor, v.model, to_json(u) AS described
    FROM (SELECT unnest(visitors, recursive := true)) v
    JOIN mmsql.users u ON u.user_id = v.user_id
),
flat AS (
    -- Where all that has edges is a column with one value, which is its own reading.
    SELECT f.visitor, f.model, f.attribute, [trim(mmsql._json_field(f.described, f.attribute) ->> '$')] AS entries
    FROM (SELECT d.visitor, d.model, d.described, unnest(json_keys(d.described)) AS attribute FROM found d) f
),
deep AS (
    SELECT t.visitor, t.model, t.attribute, list(t.value ORDER BY t.place) AS entries
    FROM (
        SELECT g.visitor, g.model, unnest(g.told, recursive := true), generate_subscripts(g.told, 1) AS place
        FROM (SELECT d.visitor, d.model, mmsql._attribute_values(d.described) AS told FROM found d) g
    ) t
    GROUP BY t.visitor, t.model, t.attribute
),
flat_readings AS (
    SELECT k.visitor, k.model, k.attribute, k.entries AS readings, s.bounds,
           [mmsql._attribute_number(s.kind, k.entries[1])] AS numbers
    FROM flat k
    JOIN mmsql.attribute_schema s ON s.model = k.model AND s.source = 'users' AND s.attribute = k.attribute
),
deep_readings AS (
    SELECT k.visitor, k.model, k.attribute, mmsql._attribute_readings(s.kind, s.separator, k.entries) AS readings,
           s.bounds, list_transform(k.entries, lambda entry: mmsql._attribute_number(s.kind, entry)) AS numbers
    FROM deep k
    JOIN mmsql.attribute_schema s ON s.model = k.model AND s.source = 'users' AND s.attribute = k.attribute
),
meant AS (
    -- A number by where its bin begins. NaN is beyond all bounds, and in no bin.
    SELECT DISTINCT r.visitor, r.model, r.attribute, unnest(CASE
        WHEN len(r.bounds) > 0 THEN list_transform(
            list_filter(r.numbers, lambda number: NOT isnan(number)),
            lambda number: CAST(coalesce(
                list_max(list_filter(r.bounds, lambda bound: bound <= number)), '-Infinity'
            ) AS VARCHAR)
        )
        ELSE r.readings
    END) AS value
    FROM query(
        CASE WHEN mmsql._serves('deep_user_edges') THEN 'FROM deep_readings' ELSE 'FROM flat_readings' END
    ) r
)
SELECT m.visitor, e.item_id, e.attribute, e.value, e.low, e.high, e.weight
FROM meant m
JOIN mmsql.user_edges e
  ON e.model = m.model AND e.attribute = m.attribute AND coalesce(CAST(e.low AS VARCHAR), e.value) = m.value;
