-- Lists with a minimum share of an attribute value: of k items, at least min_share · k, rounded up, have the value.
-- The best items with the value from beyond rank k replace the lowest items without it. Otherwise the order stays. If fewer
-- items have the value, all of them are in the list.
--
-- All items are ranked for every user: with a large catalog, name the users.
--
-- Parameters
--   attribute        a column of mmsql.items, or a field of a JSON column: 'details.colour'
--   value            its value; for a path also its upper part: 'Kitchen' matches 'Kitchen > Knives'; for a list one of its
--                    entries
--   min_share        DOUBLE, from 0 to 1
--   k                number of items per user, at least 1
--   users            as in recommend_each; NULL for every user with an event
-- Returns
--   user_id          the user, in the type of interactions
--   rank             INTEGER, from 1
--   item_id          the item
--   score            DOUBLE, as in recommend
--   has_value        BOOLEAN
--   plain_rank       INTEGER, the rank without the quota
-- Source
--   The minimum of FA*IR (Zehlike et al., CIKM 2017) for the whole list. Its test of every prefix is left out, because it
--   needs a significance level, which has no meaning to an analyst.
-- Example
--   FROM mmsql.quota_recommendations('available', 'true', 0.5, k := 4, users := ['U0001']);
CREATE MACRO mmsql.quota_recommendations(attribute, value, min_share, k := 10, users := NULL) AS TABLE
WITH item_columns AS (
    SELECT list_filter(json_keys(to_json(i)), lambda n: n <> 'item_id') AS names FROM mmsql.items i LIMIT 1
),
asked AS MATERIALIZED (
    SELECT g.attribute, g.value, ceil(round(TRY_CAST(min_share AS DOUBLE) * coalesce(mmsql._positive_integer(k), 10), 9)) AS quota,
           list_filter(n.names, lambda n: g.attribute = n OR starts_with(g.attribute, n || '.'))[1] AS name
    FROM (SELECT CAST(attribute AS VARCHAR) AS attribute, CAST(value AS VARCHAR) AS value) g
    LEFT JOIN item_columns n ON true
    WHERE CASE
        WHEN error(mmsql._length_error(k)) IS NOT NULL THEN NULL
        WHEN NOT coalesce(TRY_CAST(min_share AS DOUBLE) BETWEEN 0 AND 1, false)
            THEN error('min_share must be from 0 to 1, ' || coalesce(CAST(min_share AS VARCHAR), 'NULL')
                || ' was given. Type min_share := 0.3.')
        WHEN g.value IS NULL
            THEN error('value is NULL. Name a value that ' || coalesce(g.attribute, 'the attribute') || ' has.')
        WHEN len(list_filter(n.names, lambda n: g.attribute = n OR starts_with(g.attribute, n || '.'))) > 0 THEN true
        ELSE error('Unknown attribute ' || coalesce(g.attribute, 'NULL') || '. Items have: '
                   || coalesce(array_to_string(list_sort(n.names), ', '), 'no rows') || '.')
    END
),
items_with_value AS MATERIALIZED (
    SELECT DISTINCT i.item_id
    FROM asked a
    CROSS JOIN mmsql.items i
    CROSS JOIN LATERAL (
        SELECT unnest(mmsql._attribute_values(json_object(a.name, to_json(i) -> a.name)), recursive := true)
    ) v
    WHERE v.attribute = a.attribute AND (v.value = a.value OR starts_with(v.value, a.value || ' > '))
),
ranked AS (
    SELECT r.user_id, r.rank, r.item_id, r.score, m.item_id IS NOT NULL AS has_value,
           m.item_id IS NOT NULL
               AND row_number() OVER (PARTITION BY r.user_id, m.item_id IS NOT NULL ORDER BY r.rank) <= a.quota AS reserved
    FROM mmsql.recommend_each(users := users, k := mmsql._all_items()) r
    CROSS JOIN asked a
    LEFT JOIN items_with_value m ON m.item_id = r.item_id
),
chosen AS (
    SELECT r.*
    FROM ranked r
    QUALIFY row_number() OVER (PARTITION BY r.user_id ORDER BY r.reserved DESC, r.rank) <= coalesce(mmsql._positive_integer(k), 10)
)
SELECT c.user_id, CAST(row_number() OVER (PARTITION BY c.user_id ORDER BY c.rank) AS INTEGER) AS rank, c.item_id, c.score,
       c.has_value, c.rank AS plain_rank
FROM chosen c
ORDER BY c.user_id, rank;
