-- Store ranked lists, from new_rows(user_index, item_index, rank, score), ordered by user and rank.
--
-- Parameters
--   $model    VARCHAR
INSERT INTO mmsql.recommendations
SELECT $model, u.ids[n.user_index + 1], n.rank, c.ids[n.item_index + 1], n.score
FROM new_rows n
CROSS JOIN (SELECT list(t.user_id ORDER BY t.user_index) AS ids FROM train_users t) u
CROSS JOIN (SELECT list(t.item_id ORDER BY t.item_index) AS ids FROM train_catalog t) c;
