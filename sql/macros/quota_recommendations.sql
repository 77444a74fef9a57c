-- Lists in which an attribute has a minimum share: of k items, at least min_share · k, rounded up, have the value. The best
-- items with it from outside the first k take the places of the lowest without; otherwise the order stays. Where fewer
-- items have it, all of them are there.
--
-- All items are ranked for every user asked for: for a big shop, name the users.
--
-- Parameters
--   attribute        a column of mmsql.items, or a field in one that holds JSON: 'details.colour'
--   value            its value, for a path also the upper part of one: 'Kitchen' finds 'Kitchen > Knives'; a list has each
--                    of its entries
--   min_share        DOUBLE, from 0 to 1
--   k                how many items a user, at least 1
--   users            whom for, as in recommend_each; NULL for every user with an event
-- Returns
--   user_id          the user, in the type of interactions
--   rank             INTEGER, from 1
--   item_id          the item
--   score            DOUBLE, as recommend gives it
--   has_value        BOOLEAN
--   plain_rank       INTEGER, the rank without the quota, beyond k for what it brought in
-- Source
--   The minimum of FA*IR (Zehlike et al., CIKM 2017), held by the whole list; its test of every prefix is left out, since
--   it takes a significance level that an analyst cannot give a meaning to.
-- Example
--   FROM mmsql.quota_recommendations('available', 'true', 0.5, k := 4, users := ['U0001']);
CREATE MACRO mmsql.quota_recommendations(attribute, value, min_share, k := 10, users := NULL) AS TABLE
WITH known AS (
    SELECT list_filter(json_keys(to_json(i)), lambda n: n <> 'item_id') AS names FROM mmsql.items i LIMIT 1
),
asked AS MATERIALIZED (
    SELECT g.attribute, g.value, ceil(round(TRY_CAST(min_share AS DOUBLE) * coalesce(mmsql._whole(k), 10), 9)) AS places,
           list_filter(n.names, lambda n: g.attribute = n OR starts_with(g.attribute, n || '.'))[1] AS name
    FROM (SELECT CAST(attribute AS VARCHAR) AS attribute, CAST(value AS VARCHAR) AS value) g
    LEFT JOIN known n ON true
    WHERE CASE
        WHEN error(mmsql._wrong_length(k)) IS NOT NULL THEN NULL
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
marked AS MATERIALIZED (
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
               AND row_number() OVER (PARTITION BY r.user_id, m.item_id IS NOT NULL ORDER BY r.rank) <= a.places AS reserved
    FROM mmsql.recommend_each(users := users, k := 1000000000000) r
    CROSS JOIN asked a
    LEFT JOIN marked m ON m.item_id = r.item_id
),
chosen AS (
    SELECT r.*
    FROM ranked r
    QUALIFY row_number() OVER (PARTITION BY r.user_id ORDER BY r.reserved DESC, r.rank) <= coalesce(mmsql._whole(k), 10)
)
SELECT c.user_id, CAST(row_number() OVER (PARTITION BY c.user_id ORDER BY c.rank) AS INTEGER) AS rank, c.item_id, c.score,
       c.has_value, c.rank AS plain_rank
FROM chosen c
ORDER BY c.user_id, rank;
