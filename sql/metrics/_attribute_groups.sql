-- Items or users grouped by the values of one of their attributes. If the value is itself a list, each of its entries
-- counts. The category 'A > B' counts under 'A > B' and under 'A'. Numbers with more than twelve distinct values form
-- four ranges with about as many rows each.
--
-- Parameters
--   attribute      a column of mmsql.items or mmsql.users; if both have it, 'items.NAME' or 'users.NAME'
--   extra          VARCHAR[]: other names that are allowed and return no rows
-- Returns
--   item_id        the item, in the type of interactions; NULL for an attribute of users
--   user_id        the user, in the type of interactions; NULL for an attribute of items
--   value          VARCHAR
-- Example
--   FROM mmsql._attribute_groups('brand', []);
CREATE MACRO mmsql._attribute_groups(attribute, extra) AS TABLE
WITH source_columns AS (
    SELECT list_filter(coalesce(any_value(s.names) FILTER (WHERE s.source = 'items'), []), lambda n: n <> 'item_id') AS of_items,
           list_filter(coalesce(any_value(s.names) FILTER (WHERE s.source = 'users'), []), lambda n: n <> 'user_id') AS of_users
    FROM (
        (SELECT 'items' AS source, json_keys(to_json(i)) AS names FROM mmsql.items i LIMIT 1)
        UNION ALL
        (SELECT 'users' AS source, json_keys(to_json(u)) AS names FROM mmsql.users u LIMIT 1)
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
    CROSS JOIN source_columns k
),
attribute_rows AS MATERIALIZED (
    SELECT i.item_id, NULL AS user_id, json_object(a.name, to_json(i) -> a.name) AS document,
           to_json(i) -> a.name AS given
    FROM asked a
    JOIN mmsql.items i ON a.is_of_items AND a.name IS NOT NULL
    UNION ALL
    SELECT NULL, u.user_id, json_object(a.name, to_json(u) -> a.name), to_json(u) -> a.name
    FROM asked a
    JOIN mmsql.users u ON NOT a.is_of_items AND a.name IS NOT NULL
),
ranges AS MATERIALIZED (
    -- One row: the ends of the ranges; NULL for an attribute whose values are the groups.
    SELECT CASE WHEN bool_and(json_type(d.given) IN ('DOUBLE', 'BIGINT', 'UBIGINT'))
                     AND count(DISTINCT TRY_CAST(d.given AS DOUBLE)) > 12
                THEN list_sort(list_distinct(quantile_disc(
                         TRY_CAST(d.given AS DOUBLE), [0.0, 0.25, 0.5, 0.75, 1.0]
                     ))) END AS ends
    FROM attribute_rows d
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
    FROM attribute_rows d
    CROSS JOIN ranges r
    CROSS JOIN LATERAL (SELECT unnest(mmsql._attribute_values(d.document), recursive := true)) e
    WHERE r.ends IS NULL
    UNION ALL
    SELECT d.item_id, d.user_id,
           '[' || r.ends[p.position] || ', ' || r.ends[p.position + 1] || CASE WHEN p.position + 1 = len(r.ends) THEN ']' ELSE ')' END
    FROM attribute_rows d
    CROSS JOIN ranges r
    CROSS JOIN LATERAL (
        SELECT least(len(list_filter(r.ends, lambda e: e <= CAST(d.given AS DOUBLE))), len(r.ends) - 1) AS position
    ) p
    WHERE r.ends IS NOT NULL AND json_type(d.given) <> 'NULL'
) v
LEFT JOIN (SELECT i.user_id, i.item_id FROM mmsql.interactions i LIMIT 0) t ON true
WHERE v.value IS NOT NULL;
