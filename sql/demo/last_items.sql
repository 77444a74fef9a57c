-- The last items of a user, one row per item, with the event of the largest weight.
--
-- Parameters
--   user   a user id
--   k      number of items
SELECT h.event, coalesce(i.title, h.item_id) AS title, h.ts
FROM (
    SELECT v.item_id, arg_max(v.event, v.weight) AS event, max(v.ts) AS ts
    FROM mmsql.interactions v
    WHERE v.user_id = $user
    GROUP BY v.item_id
) h
LEFT JOIN mmsql.items i ON i.item_id = h.item_id
ORDER BY h.ts DESC, h.item_id
LIMIT $k;
