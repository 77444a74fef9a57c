-- The items or the users by the values of one of their attributes. A list counts as each of its entries, the category
-- 'A > B' also as 'A'. Numbers of more than twelve different values stand in four ranges of about as many rows each.
--
-- Parameters
--   attribute      a column of mmsql.items or mmsql.users; where both have it, 'items.NAME' or 'users.NAME'
--   extra          VARCHAR[]: other names that are allowed and have no row here
-- Returns
--   item_id        the item, in the type of interactions; NULL where it is an attribute of users
--   user_id        the user, likewise; NULL where it is an attribute of items
--   value          VARCHAR
-- Example
--   FROM mmsql._attribute_groups('brand', []);
CREATE MACRO mmsql._attribute_groups(attribute, extra) AS TABLE
WITH known AS (
    SELECT list_filter(coalesce(any_value(s.names) FILTER (WHERE s.side = 'items'), []), lambda n: n <> 'item_id') AS of_items,
           list_filter(coalesce(any_value(s.names) FILTER (WHERE s.side = 'users'), []), lambda n: n <> 'user_id') AS of_users
    FROM (
        (SELECT 'items' AS side, json_keys(to_json(i)) AS names FROM mmsql.items i LIMIT 1)
        UNION ALL
        (SELECT 'users' AS side, json_keys(to_json(u)) AS names FROM mmsql.users u LIMIT 1)
    ) s
),
asked AS MATERIALIZED (
    SELECT CASE
        WHEN a.name IS NULL OR list_contains(CAST(extra AS VARCHAR[]), a.name) THEN NULL
        WHEN list_contains(k.of_items, a.name) AND list_contains(k.of_users, a.name)
            THEN error('Items and users have ' || a.name || '. Type items.' || a.name || ' or users.' || a.name || '.')
        WHEN list_contains(k.of_items, a.name) OR list_contains(k.of_users, a.name) THEN a.name
        WHEN starts_with(a.name, 'items.') AND list_contains(k.of_items, substr(a.name, 7)) THEN substr(a.name, 7)
        WHEN starts_with(a.name, 'users.') AND list_contains(k.of_users, substr(a.name, 7)) THEN substr(a.name, 7)
        ELSE error('Unknown attribute ' || a.name || '. Allowed: '
            || array_to_string(list_concat(
                   list_sort(list_distinct(list_concat(k.of_items, k.of_users))), CAST(extra AS VARCHAR[])
               ), ', ') || '.') END AS name,
        list_contains(k.of_items, a.name) OR starts_with(a.name, 'items.') AND NOT list_contains(k.of_users, a.name)
            AS is_of_items
    FROM (SELECT CAST(attribute AS VARCHAR) AS name) a
    CROSS JOIN known k
),
described AS MATERIALIZED (
    SELECT i.item_id, NULL AS user_id, json_object(a.name, to_json(i) -> a.name) AS described,
           to_json(i) -> a.name AS given
    FROM asked a
    JOIN mmsql.items i ON a.is_of_items AND a.name IS NOT NULL
    UNION ALL
    SELECT NULL, u.user_id, json_object(a.name, to_json(u) -> a.name), to_json(u) -> a.name
    FROM asked a
    JOIN mmsql.users u ON NOT a.is_of_items AND a.name IS NOT NULL
),
measured AS MATERIALIZED (
    -- One row: where the ranges end, NULL where values stand for themselves.
    SELECT CASE WHEN bool_and(json_type(d.given) IN ('DOUBLE', 'BIGINT', 'UBIGINT'))
                     AND count(DISTINCT TRY_CAST(d.given AS DOUBLE)) > 12
                THEN list_sort(list_distinct(quantile_disc(
                         TRY_CAST(d.given AS DOUBLE), [0.0, 0.25, 0.5, 0.75, 1.0]
                     ))) END AS ends
    FROM described d
    WHERE json_type(d.given) <> 'NULL'
)
SELECT DISTINCT TRY(cast_to_type(v.item_id, t.item_id)) AS item_id,
       TRY(cast_to_type(v.user_id, t.user_id)) AS user_id, v.value
FROM (
    SELECT d.item_id, d.user_id,
           unnest(CASE WHEN e.attribute = 'category' THEN list_transform(
               string_split(e.value, ' > '),
               lambda part, depth: array_to_string(list_slice(string_split(e.value, ' > '), 1, depth), ' > ')
           ) ELSE [e.value] END) AS value
    FROM described d
    CROSS JOIN measured m
    CROSS JOIN LATERAL (SELECT unnest(mmsql._attribute_values(d.described), recursive := true)) e
    WHERE m.ends IS NULL
    UNION ALL
    SELECT d.item_id, d.user_id,
           '[' || m.ends[p.place] || ', ' || m.ends[p.place + 1] || CASE WHEN p.place + 1 = len(m.ends) THEN ']' ELSE ')' END
    FROM described d
    CROSS JOIN measured m
    CROSS JOIN LATERAL (
        SELECT least(len(list_filter(m.ends, lambda e: e <= CAST(d.given AS DOUBLE))), len(m.ends) - 1) AS place
    ) p
    WHERE m.ends IS NOT NULL AND json_type(d.given) <> 'NULL'
) v
LEFT JOIN (SELECT i.user_id, i.item_id FROM mmsql.interactions i LIMIT 0) t ON true
WHERE v.value IS NOT NULL;
