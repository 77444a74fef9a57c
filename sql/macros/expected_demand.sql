-- How much interest in each item is to be expected from the users who are active, for planning stock: summed over the
-- lists that were stored with the serving model.
--
--     interest(i) = Σ over active users who have i at rank r of 1 / log2(r + 1)
--     expected_events(i) = Σ over the same users of hits(r)
--
-- hits(r) is the share of users of the latest evaluation of the serving algorithm that took the item at rank r of
-- their list as the next one. So expected_events counts the next event of each active user: for a plan over a period,
-- multiply it by the events that a user has in that time. Lists go to rank 20; what stands below is not counted.
-- What mmsql.rules bans is left out; other rules do not change what users want.
--
-- Parameters
--   k                how many items, at least 1
--   category         only this category, or what lies below it
--   brand            only this brand
--   active_days      users with an event in so many days before the latest event; NULL for all who have a list
-- Returns
--   rank             INTEGER, from 1
--   item_id          the item
--   title            VARCHAR
--   users            BIGINT, active users who have it in their list
--   interest         DOUBLE
--   share            DOUBLE, of the interest in all items that qualify
--   expected_events  DOUBLE, NULL where the algorithm has not been evaluated with a split of users' later events
-- Example
--   FROM mmsql.expected_demand(k := 5, active_days := 365);
CREATE MACRO mmsql.expected_demand(k := 10, category := NULL, brand := NULL, active_days := NULL) AS TABLE
WITH model AS MATERIALIZED (
    SELECT d.model, d.algorithm
    FROM mmsql._deployed() d
    WHERE CASE
        WHEN error(mmsql._wrong_length(k)) IS NOT NULL THEN NULL
        WHEN active_days IS NOT NULL AND NOT coalesce(TRY_CAST(active_days AS DOUBLE) BETWEEN 0 AND 100000, false)
            THEN error('active_days must be a number of days from 0 to 100000, ' || CAST(active_days AS VARCHAR)
                       || ' was given. Type active_days := 30.')
        ELSE true
    END
),
active AS (
    SELECT i.user_id
    FROM mmsql.interactions i
    GROUP BY i.user_id
    HAVING active_days IS NULL
        OR max(CAST(i.ts AS TIMESTAMP)) >= (SELECT max(CAST(x.ts AS TIMESTAMP)) FROM mmsql.interactions x)
                                           - to_days(TRY_CAST(active_days AS INTEGER))
),
evaluated AS MATERIALIZED (
    SELECT max_by(e.evaluation, e.evaluation) AS evaluation, max_by(e.users, e.evaluation) AS users
    FROM mmsql.evaluations e
    JOIN model m ON m.algorithm = e.algorithm
    WHERE e.split IN ('leave_last_out', 'time')
),
hits AS MATERIALIZED (
    SELECT l.rank, count(h.item_id) / max(v.users) AS share
    FROM evaluated v
    JOIN model m ON true
    JOIN mmsql.evaluation_lists l ON l.evaluation = v.evaluation AND l.algorithm = m.algorithm
    LEFT JOIN mmsql.holdout h ON h.evaluation = l.evaluation AND h.user_id = l.user_id AND h.item_id = l.item_id
    GROUP BY l.rank
),
wanted AS (
    SELECT r.item_id, count(*) AS users, sum(1 / log2(r.rank + 1)) AS interest,
           CASE WHEN (SELECT count(*) FROM hits) > 0 THEN sum(coalesce(h.share, 0)) END AS expected_events
    FROM mmsql.recommendations r
    JOIN model m ON m.model = r.model
    JOIN active a ON a.user_id = r.user_id
    LEFT JOIN hits h ON h.rank = r.rank
    GROUP BY r.item_id
),
qualified AS (
    SELECT w.item_id, w.users, w.interest, w.interest / sum(w.interest) OVER () AS share, w.expected_events
    FROM wanted w
    JOIN mmsql._catalog(category, brand, NULL, NULL, false, false) c ON c.item_id = w.item_id
)
SELECT CAST(row_number() OVER best AS INTEGER) AS rank, q.item_id, p.title, q.users, q.interest, q.share,
       q.expected_events
FROM qualified q
LEFT JOIN (
    SELECT i.item_id, any_value(i.title) AS title FROM mmsql.items i GROUP BY i.item_id
) p ON p.item_id = q.item_id
WINDOW best AS (ORDER BY q.interest DESC, q.item_id)
QUALIFY row_number() OVER best <= coalesce(mmsql._whole(k), 10)
ORDER BY rank;
