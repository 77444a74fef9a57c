-- First recommendations for new users: those that mmsql.users knows and that have had few items or none. Of a user
-- without history, attributes speak; where nothing is known, popularity does.
--
-- Parameters
--   k                items a user, at least 1
--   most_items       users who have had at most so many different items
--   users            whom to choose from: a list of user ids, the name of a table or view with a column user_id, or NULL for
--                    all; for a query, make it a (temporary) view
-- Returns
--   user_id          the user, in the type of interactions
--   items            BIGINT, different items the user has had
--   rank             INTEGER, from 1 within a user
--   item_id          an item the user has not had
--   title            VARCHAR
--   score            DOUBLE, as recommend gives it
--   source           VARCHAR, as recommend gives it
-- Example
--   FROM mmsql.onboarding(k := 3, most_items := 3) LIMIT 6;
CREATE MACRO mmsql.onboarding(k := 10, most_items := 0, users := NULL) AS TABLE
WITH fresh AS MATERIALIZED (
    SELECT u.user_id, count(h.item_id) AS items
    FROM (
        SELECT DISTINCT cast_to_type(s.user_id, t.user_id) AS user_id
        FROM mmsql.users s
        LEFT JOIN (SELECT i.user_id FROM mmsql.interactions i LIMIT 0) t ON true
        WHERE s.user_id IS NOT NULL
          AND (users IS NULL OR CAST(s.user_id AS VARCHAR) IN (SELECT g.id FROM mmsql._given_ids(users, 'user_id') g))
    ) u
    LEFT JOIN (
        SELECT DISTINCT i.user_id, i.item_id FROM mmsql.interactions i WHERE i.item_id IS NOT NULL
    ) h ON h.user_id = u.user_id
    GROUP BY u.user_id
    HAVING CASE
        WHEN NOT coalesce(TRY_CAST(most_items AS DOUBLE) >= 0, false)
            THEN error('most_items must be a number from 0, ' || coalesce(CAST(most_items AS VARCHAR), 'NULL')
                       || ' was given. Type most_items := 0.')
        ELSE count(h.item_id) <= TRY_CAST(most_items AS DOUBLE)
    END
)
SELECT f.user_id, f.items, r.rank, r.item_id, r.title, r.score, r.source
FROM fresh f
JOIN mmsql._in_turn(
    4000000,
    (SELECT coalesce(list(CAST(x.user_id AS VARCHAR)), []) FROM fresh x),
    k, true, NULL, NULL, NULL, NULL, NULL, true, NULL, NULL, NULL, 0
) r ON r.user_id = f.user_id
ORDER BY f.user_id, r.rank;
