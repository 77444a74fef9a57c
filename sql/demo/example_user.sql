-- A user to show recommendations for: the latest one with 6 to 15 items and at least 2 purchases, if there is one.
SELECT v.user_id
FROM mmsql.interactions v
GROUP BY v.user_id
ORDER BY count(DISTINCT v.item_id) BETWEEN 6 AND 15 AND count(*) FILTER (v.event = 'buy') >= 2 DESC,
         max(v.ts) DESC, v.user_id
LIMIT 1;
