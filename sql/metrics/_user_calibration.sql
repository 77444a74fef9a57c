-- The distance between the categories of each user's list and those of the user's history: see calibration.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
-- Returns
--   algorithm      VARCHAR: the evaluated algorithm, or popularity
--   user_id        a user with a category in both list and history
--   value          DOUBLE
-- Example
--   FROM mmsql._user_calibration('graph-1', k := 5);
CREATE MACRO mmsql._user_calibration(model := NULL, k := 10) AS TABLE
WITH chosen AS MATERIALIZED (
    FROM mmsql._evaluated(model := model, k := k)
),
categories AS MATERIALIZED (
    SELECT i.item_id, any_value(trim(CAST(i.category AS VARCHAR))) AS category
    FROM mmsql.items i
    WHERE trim(CAST(i.category AS VARCHAR)) <> ''
    GROUP BY i.item_id
),
history_shares AS MATERIALIZED (
    SELECT h.user_id, c.category, count(*) / sum(count(*)) OVER (PARTITION BY h.user_id) AS share
    FROM categories c
    JOIN mmsql._user_history(model := model, k := k) h ON h.item_id = c.item_id
    GROUP BY h.user_id, c.category
),
list_shares AS MATERIALIZED (
    SELECT l.algorithm, l.user_id, g.category,
           count(*) / sum(count(*)) OVER (PARTITION BY l.algorithm, l.user_id) AS share
    FROM categories g
    JOIN mmsql.evaluation_lists l ON l.item_id = g.item_id
    JOIN chosen c ON c.evaluation = l.evaluation AND c.algorithm = l.algorithm AND c.k >= l.rank
    -- Not a semi join: LATERAL does not take it.
    JOIN (SELECT DISTINCT x.user_id FROM history_shares x) w ON w.user_id = l.user_id
    GROUP BY l.algorithm, l.user_id, g.category
)
SELECT u.algorithm AS algorithm, u.user_id AS user_id,
       sum(w.share * ln(w.share / (0.99 * coalesce(s.share, 0) + 0.01 * w.share))) AS value
FROM (SELECT DISTINCT s.algorithm, s.user_id FROM list_shares s) u
JOIN history_shares w ON w.user_id = u.user_id
LEFT JOIN list_shares s ON s.algorithm = u.algorithm AND s.user_id = u.user_id AND s.category = w.category
GROUP BY u.algorithm, u.user_id;
