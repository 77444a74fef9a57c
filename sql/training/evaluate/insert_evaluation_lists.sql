-- Store the ranked lists of one algorithm, from new_rows(user_index, item_index, rank, score).
--
-- Parameters
--   $evaluation   BIGINT
--   $algorithm    VARCHAR
INSERT INTO mmsql.evaluation_lists
SELECT $evaluation, $algorithm, u.user_id, n.rank, c.item_id, n.score
FROM new_rows n
JOIN train_users u ON u.user_index = n.user_index
JOIN train_catalog c ON c.item_index = n.item_index
ORDER BY n.user_index, n.rank;
