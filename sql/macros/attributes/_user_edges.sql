-- The edges from the attribute values of users to items. There is an edge from a value to an item if training users
-- with that value had the item. Only users without history use these edges. mmsql.users is read live, so a user who
-- registers after training has edges too.
--
-- Parameters
--   visitors     a list of structs: visitor, a number for each; user_id, in the type of interactions; model
-- Returns
--   visitor      of the list
--   item_id      an item
--   attribute    VARCHAR, a column of mmsql.users, or a field in one
--   value        VARCHAR, the user's value; for a number, its bin
--   evidence     VARCHAR, attribute and value in words
--   weight       DOUBLE
-- Example
--   FROM mmsql._user_edges([{'visitor': 1, 'user_id': 'U0001', 'model': 'graph-1'}]);
CREATE MACRO mmsql._user_edges(visitors) AS TABLE
WITH user_rows AS (
    SELECT v.visitor, v.model, to_json(u) AS document
    FROM (SELECT unnest(visitors, recursive := true)) v
    JOIN mmsql.users u ON u.user_id = v.user_id
),
flat_values AS (
    -- For a model whose attributes are all columns with one value: the value is the only feature.
    SELECT c.visitor, c.model, c.attribute, [trim(mmsql._json_field(c.document, c.attribute) ->> '$')] AS entries
    FROM (SELECT r.visitor, r.model, r.document, unnest(json_keys(r.document)) AS attribute FROM user_rows r) c
),
deep_values AS (
    -- An aggregate with ORDER BY takes some 30 KB a group, however short its list.
    SELECT v.visitor, v.model, v.attribute,
           list_transform(list_sort(list({'position': v.position, 'value': v.value})), lambda entry: entry.value) AS entries
    FROM (
        SELECT g.visitor, g.model, unnest(g.leaves, recursive := true), generate_subscripts(g.leaves, 1) AS position
        FROM (SELECT r.visitor, r.model, mmsql._attribute_values(r.document) AS leaves FROM user_rows r) g
    ) v
    GROUP BY v.visitor, v.model, v.attribute
),
flat_features AS (
    SELECT f.visitor, f.model, f.attribute, f.entries AS features, s.bounds,
           [mmsql._attribute_number(s.kind, f.entries[1])] AS numbers
    FROM flat_values f
    JOIN mmsql.attribute_schema s ON s.model = f.model AND s.source = 'users' AND s.attribute = f.attribute
),
deep_features AS (
    SELECT d.visitor, d.model, d.attribute, mmsql._attribute_features(s.kind, s.separator, d.entries) AS features,
           s.bounds, list_transform(d.entries, lambda entry: mmsql._attribute_number(s.kind, entry)) AS numbers
    FROM deep_values d
    JOIN mmsql.attribute_schema s ON s.model = d.model AND s.source = 'users' AND s.attribute = d.attribute
),
edge_keys AS (
    -- The key of a number is the lower end of its bin. NaN is in no bin.
    SELECT DISTINCT f.visitor, f.model, f.attribute, unnest(CASE
        WHEN len(f.bounds) > 0 THEN list_transform(
            list_filter(f.numbers, lambda number: NOT isnan(number)),
            lambda number: CAST(coalesce(
                list_max(list_filter(f.bounds, lambda bound: bound <= number)), '-Infinity'
            ) AS VARCHAR)
        )
        ELSE f.features
    END) AS key
    FROM query(
        CASE WHEN mmsql._model_has('deep_user_edges') THEN 'FROM deep_features' ELSE 'FROM flat_features' END
    ) f
)
SELECT k.visitor, e.item_id, e.attribute, e.value, 'wanted by users with ' || e.attribute || CASE
           WHEN e.low IS NULL THEN ' = ' || e.value
           WHEN isinf(e.low) THEN ' below ' || regexp_extract(e.value, ', (.*)\)', 1)
           WHEN isinf(e.high) THEN ' from ' || regexp_extract(e.value, '\[(.*),', 1)
           ELSE ' from ' || regexp_replace(e.value, '\[(.*), (.*)\)', '\1 to below \2')
       END AS evidence, e.weight
FROM edge_keys k
JOIN mmsql.user_edges e
  ON e.model = k.model AND e.attribute = k.attribute AND coalesce(CAST(e.low AS VARCHAR), e.value) = k.key;
