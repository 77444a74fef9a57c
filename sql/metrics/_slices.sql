-- The held-out events of an evaluation with the slice that each belongs to.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
--   slice          as in metrics; NULL for one slice with all
-- Returns
--   slice          VARCHAR; 'all' for slice := NULL
--   user_id        the user
--   item_id        the item that was held out
-- Example
--   FROM mmsql._slices('graph-1', k := 5, slice := 'category');
CREATE MACRO mmsql._slices(model := NULL, k := 10, slice := NULL) AS TABLE
WITH held_out AS MATERIALIZED (
    SELECT DISTINCT h.evaluation, h.user_id, h.item_id
    FROM mmsql.holdout h
    JOIN (SELECT DISTINCT c.evaluation FROM mmsql._evaluated(model := model, k := k) c) e ON e.evaluation = h.evaluation
),
groups AS MATERIALIZED (
    SELECT g.item_id, g.user_id, g.value
    FROM mmsql._attribute_groups(slice, ['item_popularity', 'user_activity']) g
    WHERE slice IS NOT NULL
),
item_slices AS (
    SELECT g.item_id, g.value FROM groups g WHERE g.item_id IS NOT NULL
    UNION ALL
    SELECT p.item_id, CASE WHEN p.events_above < 0.2 * p.total THEN 'head' WHEN p.events_with_item > 0.8 * p.total THEN 'tail' ELSE 'middle' END
    FROM (
        SELECT i.item_id, sum(i.events) OVER () AS total, sum(i.events) OVER popular AS events_with_item,
               sum(i.events) OVER popular - i.events AS events_above
        FROM mmsql.evaluation_items i
        JOIN (SELECT DISTINCT c.evaluation FROM mmsql._evaluated(model := model, k := k) c) e
          ON e.evaluation = i.evaluation
        WHERE CAST(slice AS VARCHAR) = 'item_popularity'
        WINDOW popular AS (ORDER BY i.events DESC, i.item_id ROWS UNBOUNDED PRECEDING)
    ) p
),
user_slices AS (
    SELECT g.user_id, g.value FROM groups g WHERE g.user_id IS NOT NULL
    UNION ALL
    SELECT a.user_id, CASE WHEN a.percentile <= 1 / 3 THEN 'low' WHEN a.percentile <= 2 / 3 THEN 'middle' ELSE 'high' END
    FROM (
        -- Users with the same number of items have the same percentile: the middle of theirs.
        SELECT u.user_id, (rank() OVER (ORDER BY count(h.item_id)) - 1
                           + count(*) OVER (PARTITION BY count(h.item_id)) / 2) / count(*) OVER () AS percentile
        FROM (SELECT DISTINCT e.user_id FROM held_out e) u
        LEFT JOIN mmsql._user_history(model := model, k := k) h ON h.user_id = u.user_id
        WHERE CAST(slice AS VARCHAR) = 'user_activity'
        GROUP BY u.user_id
    ) a
)
SELECT 'all' AS slice, h.user_id AS user_id, h.item_id AS item_id FROM held_out h WHERE slice IS NULL
UNION ALL
SELECT o.value, h.user_id, h.item_id FROM held_out h JOIN item_slices o ON o.item_id = h.item_id
UNION ALL
SELECT o.value, h.user_id, h.item_id FROM held_out h JOIN user_slices o ON o.user_id = h.user_id;
