-- First recommendations for new users: users of mmsql.users who have few items or none.
-- A user without history gets items wanted by users with the same attributes, or popular items.
--
-- Parameters
--   k                number of items per user, at least 1
--   most_items       only users with at most this many distinct items
--   users            the users to choose from: a list of user ids, the name of a table or view with a column user_id, or
--                    NULL for all; for a query, create a (temporary) view
-- Returns
--   user_id          the user, in the type of interactions
--   items            BIGINT, distinct items of the user
--   rank             INTEGER, from 1 within a user
--   item_id          an item the user does not have
--   title            VARCHAR
--   score            DOUBLE, as in recommend
--   source           VARCHAR, as in recommend
-- Example
--   FROM mmsql.onboarding(k := 3, most_items := 3) LIMIT 6;
CREATE MACRO mmsql.onboarding(k := 10, most_items := 0, users := NULL) AS TABLE
WITH new_users AS MATERIALIZED (
    SELECT u.user_id, count(h.item_id) AS items
    FROM (
        SELECT DISTINCT cast_to_type(s.user_id, t.user_id) AS user_id
        FROM mmsql.users s
        LEFT JOIN (SELECT i.user_id FROM mmsql.interactions i LIMIT 0) t ON true
        WHERE s.user_id IS NOT NULL
          AND (users IS NULL OR CAST(s.user_id AS VARCHAR) IN (SELECT g.id FROM mmsql._option_ids(users, 'user_id') g))
    ) u
    LEFT JOIN (
        SELECT DISTINCT i.user_id, i.item_id FROM mmsql.interactions i
        WHERE i.item_id IS NOT NULL AND mmsql._counts(i.weight)
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
FROM new_users f
JOIN mmsql._ranked_in_batches(
    mmsql._max_scores_in_memory(),
    (SELECT coalesce(list(CAST(x.user_id AS VARCHAR)), []) FROM new_users x),
    k, true, NULL, NULL, NULL, NULL, NULL, true, NULL, NULL, NULL, 0
) r ON r.user_id = f.user_id
ORDER BY f.user_id, r.rank;
