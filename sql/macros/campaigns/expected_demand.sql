-- The demand to expect for each item from the active users, for planning stock. It is summed over the lists stored with
-- the deployed model.
--
--     interest(i) = Σ over the active users with i at rank r of 1 / log2(r + 1)
--     expected_events(i) = Σ over the same users of hits(r)
--
-- hits(r) is the share of users whose next item was at rank r of their list, in the latest evaluation of the deployed
-- algorithm. So expected_events covers only the next event of each active user. For a longer period, multiply it by the
-- number of events per user in that period. Lists have 20 ranks; items below are not counted.
-- Banned items of mmsql.rules are left out. Other rules do not change the demand.
--
-- Parameters
--   k                number of items, at least 1
--   category         only this category and those below it
--   brand            only this brand
--   active_days      only users with an event in this many days before the latest event of all that is not in the
--                    future; NULL for all users with a list
-- Returns
--   rank             INTEGER, from 1
--   item_id          the item
--   title            VARCHAR
--   users            BIGINT, active users with the item in their list
--   interest         DOUBLE
--   share            DOUBLE, of the interest in all qualifying items
--   expected_events  DOUBLE, NULL if no evaluation of the algorithm used the split leave_last_out or time
-- Example
--   FROM mmsql.expected_demand(k := 5, active_days := 365);
CREATE MACRO mmsql.expected_demand(k := 10, category := NULL, brand := NULL, active_days := NULL) AS TABLE
WITH model AS MATERIALIZED (
    SELECT d.model, d.algorithm
    FROM mmsql._deployed() d
    WHERE CASE
        WHEN error(mmsql._length_error(k)) IS NOT NULL THEN NULL
        WHEN active_days IS NOT NULL AND NOT coalesce(TRY_CAST(active_days AS DOUBLE) BETWEEN 0 AND 100000, false)
            THEN error('active_days must be a number of days from 0 to 100000, ' || CAST(active_days AS VARCHAR)
                       || ' was given. Type active_days := 30.')
        ELSE true
    END
),
active_users AS (
    SELECT i.user_id
    FROM mmsql.interactions i
    GROUP BY i.user_id
    HAVING active_days IS NULL
        OR max(CAST(i.ts AS TIMESTAMP)) FILTER (mmsql._is_past(i.ts))
           >= mmsql._latest_event() - to_days(TRY_CAST(active_days AS INTEGER))
),
latest_evaluation AS MATERIALIZED (
    SELECT max_by(e.evaluation, e.evaluation) AS evaluation, max_by(e.users, e.evaluation) AS users
    FROM mmsql.evaluations e
    JOIN model m ON m.algorithm = e.algorithm
    WHERE e.split IN ('leave_last_out', 'time')
),
hit_shares AS MATERIALIZED (
    SELECT l.rank, count(h.item_id) / max(v.users) AS share
    FROM latest_evaluation v
    JOIN model m ON true
    JOIN mmsql.evaluation_lists l ON l.evaluation = v.evaluation AND l.algorithm = m.algorithm
    LEFT JOIN mmsql.holdout h ON h.evaluation = l.evaluation AND h.user_id = l.user_id AND h.item_id = l.item_id
    GROUP BY l.rank
),
demand AS (
    SELECT r.item_id, count(*) AS users, sum(1 / log2(r.rank + 1)) AS interest,
           CASE WHEN (SELECT count(*) FROM hit_shares) > 0 THEN sum(coalesce(h.share, 0)) END AS expected_events
    FROM mmsql.recommendations r
    JOIN model m ON m.model = r.model
    JOIN active_users a ON a.user_id = r.user_id
    LEFT JOIN hit_shares h ON h.rank = r.rank
    GROUP BY r.item_id
),
qualified AS (
    SELECT w.item_id, w.users, w.interest, w.interest / sum(w.interest) OVER () AS share, w.expected_events
    FROM demand w
    JOIN mmsql._filtered_items(category, brand, NULL, NULL, false, false) c ON c.item_id = w.item_id
)
SELECT CAST(row_number() OVER best AS INTEGER) AS rank, q.item_id, p.title, q.users, q.interest, q.share,
       q.expected_events
FROM qualified q
LEFT JOIN (
    SELECT i.item_id, any_value(i.title) AS title FROM mmsql.items i GROUP BY i.item_id
) p ON p.item_id = q.item_id
WINDOW best AS (ORDER BY q.interest DESC, q.item_id)
QUALIFY row_number() OVER best <= coalesce(mmsql._positive_integer(k), 10)
ORDER BY rank;
