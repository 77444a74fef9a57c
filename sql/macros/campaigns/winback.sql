-- Lapsed users with items that may win them back; users with the latest last event come first.
--
-- Parameters
--   inactive_days    only users whose last event is at least this many days old
--   k                number of items per user, at least 1
--   users            the users to choose from: a list of user ids, the name of a table or view with a column user_id, or
--                    NULL for all; for a query, create a (temporary) view
--   as_of            the timestamp that days are counted back from; by default that of the latest event that is not in
--                    the future
-- Returns
--   user_id          the user, in the type of interactions
--   last_event       TIMESTAMP, of the user's last event that is not in the future
--   days_inactive    BIGINT, whole days since then
--   events           BIGINT, distinct items of the user
--   rank             INTEGER, from 1 within a user
--   item_id          an item the user does not have
--   title            VARCHAR
--   score            DOUBLE, as in recommend
-- Example
--   FROM mmsql.winback(inactive_days := 60, k := 2) LIMIT 6;
CREATE MACRO mmsql.winback(inactive_days := 90, k := 3, users := NULL, as_of := NULL) AS TABLE
WITH reference AS (
    SELECT CASE
        WHEN given.reference_time IS NULL THEN mmsql._latest_event()
        ELSE coalesce(TRY_CAST(given.reference_time AS TIMESTAMP), error('as_of must be a timestamp, '
            || given.reference_time || ' was given. Type as_of := TIMESTAMP ''2025-06-01''.'))
    END AS reference_time
    FROM (SELECT CAST(as_of AS VARCHAR) AS reference_time) given
),
lapsed AS MATERIALIZED (
    SELECT i.user_id, max(CAST(i.ts AS TIMESTAMP)) FILTER (mmsql._is_past(i.ts)) AS last_event,
           count(DISTINCT i.item_id) AS events
    FROM mmsql.interactions i
    WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL
      AND (users IS NULL OR CAST(i.user_id AS VARCHAR) IN (SELECT g.id FROM mmsql._option_ids(users, 'user_id') g))
    GROUP BY i.user_id
    HAVING CASE
        WHEN NOT coalesce(TRY_CAST(inactive_days AS DOUBLE) BETWEEN 0 AND 100000, false)
            THEN error('inactive_days must be a number of days from 0 to 100000, '
                       || coalesce(CAST(inactive_days AS VARCHAR), 'NULL') || ' was given. Type inactive_days := 90.')
        ELSE max(CAST(i.ts AS TIMESTAMP)) FILTER (mmsql._is_past(i.ts))
             <= (SELECT t.reference_time FROM reference t) - to_days(coalesce(TRY_CAST(inactive_days AS INTEGER), 0))
    END
)
SELECT l.user_id, l.last_event,
       date_diff('day', l.last_event, (SELECT t.reference_time FROM reference t)) AS days_inactive, l.events,
       r.rank, r.item_id, r.title, r.score
FROM lapsed l
JOIN mmsql._ranked_in_batches(
    mmsql._max_scores_in_memory(),
    (SELECT coalesce(list(CAST(x.user_id AS VARCHAR)), []) FROM lapsed x),
    k, true, NULL, NULL, NULL, NULL, NULL, true, NULL, NULL, NULL, 0
) r ON r.user_id = l.user_id
ORDER BY l.last_event DESC, l.user_id, r.rank;
