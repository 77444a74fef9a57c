-- The items to recommend to a user, with what is shown beside them.
--
-- Parameters
--   user   a user id
--   k      how many
SELECT r.rank, r.item_id, i.title, i.category, i.price, r.score
FROM mmsql.recommend($user, k := $k) r
JOIN mmsql.items i ON i.item_id = r.item_id
ORDER BY r.rank;
