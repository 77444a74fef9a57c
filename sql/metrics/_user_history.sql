-- The history of the evaluated users: their distinct items without those that were held out.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
-- Returns
--   user_id        the user
--   item_id        an item of the user's current interactions
-- Example
--   FROM mmsql._user_history('graph-1', k := 5);
CREATE MACRO mmsql._user_history(model := NULL, k := 10) AS TABLE
WITH held_out AS MATERIALIZED (
    SELECT h.user_id, h.item_id
    FROM mmsql.holdout h
    JOIN (SELECT DISTINCT c.evaluation FROM mmsql._evaluated(model := model, k := k) c) e ON e.evaluation = h.evaluation
)
SELECT DISTINCT i.user_id, i.item_id
FROM mmsql.interactions i
-- Neither a semi join nor an anti join: LATERAL takes none.
JOIN (SELECT DISTINCT x.user_id FROM held_out x) u ON u.user_id = i.user_id
LEFT JOIN held_out h ON h.user_id = i.user_id AND h.item_id = i.item_id
WHERE i.item_id IS NOT NULL AND h.user_id IS NULL AND mmsql._counts(i.weight);
