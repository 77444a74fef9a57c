-- The last training event of each user with at least two, of a sample of users if there are many. Options are chosen
-- on these.
--
-- Parameters
--   $seed    BIGINT: draws the users
--   $most    BIGINT: largest number of users
CREATE OR REPLACE TEMP TABLE validation_pairs AS
SELECT e.user_index, e.item_index, u.user_id, c.item_id, e.ts
FROM train_events e
JOIN train_users u ON u.user_index = e.user_index
JOIN train_catalog c ON c.item_index = e.item_index
WHERE e.position = e.length AND e.length > 1
ORDER BY hash(CAST(u.user_id AS VARCHAR) || '|' || $seed), u.user_index
LIMIT $most;
