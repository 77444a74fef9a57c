-- The recommendations for a user, with title, category and price.
--
-- Parameters
--   user   a user id
--   k      number of items
SELECT r.rank, r.item_id, i.title, i.category, i.price, r.score
FROM mmsql.recommend($user, k := $k) r
JOIN mmsql.items i ON i.item_id = r.item_id
ORDER BY r.rank;
