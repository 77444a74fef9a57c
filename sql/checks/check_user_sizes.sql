-- The number of events and of different items of each user.
CREATE OR REPLACE TEMP TABLE check_user_sizes AS
SELECT p.user_id, count(*) AS items, sum(p.events) AS events
FROM (
    SELECT i.user_id, i.item_id, count(*) AS events
    FROM check_interactions i
    WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL AND check_counts(i.weight)
    GROUP BY i.user_id, i.item_id
) p
GROUP BY p.user_id;
