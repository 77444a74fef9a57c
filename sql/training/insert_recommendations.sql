-- Store ranked lists, from new_rows(user_index, item_index, rank, score).
--
-- Parameters
--   $model    VARCHAR
INSERT INTO mmsql.recommendations
SELECT $model, u.user_id, n.rank, c.item_id, n.score
FROM new_rows n
JOIN train_users u ON u.user_index = n.user_index
JOIN train_catalog c ON c.item_index = n.item_index
ORDER BY n.user_index, n.rank;
