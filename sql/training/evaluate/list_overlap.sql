-- How much of users' lists two models have in common.
--
-- Parameters
--   $before    VARCHAR, a model
--   $after     VARCHAR, another
--   $k         INTEGER, how far down to look
-- Returns
--   overlap    DOUBLE, mean share over the users who have a list of both; NULL where nobody has
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
