-- The mean overlap of the lists of two models.
--
-- Parameters
--   $before    VARCHAR, a model
--   $after     VARCHAR, another
--   $k         INTEGER, list length
-- Returns
--   overlap    DOUBLE, mean over the users with a list of both models; NULL without such users
WITH lists AS (
    SELECT r.user_id, r.model, list(r.item_id) AS items
    FROM mmsql.recommendations r
    WHERE r.model IN ($before, $after) AND r."rank" <= $k
    GROUP BY r.user_id, r.model
)
SELECT avg(len(list_intersect(b.items, a.items)) / greatest(len(b.items), len(a.items))) AS overlap
FROM lists b
JOIN lists a ON a.user_id = b.user_id AND a.model = $after
WHERE b.model = $before;
