-- The number of events of each item.
CREATE OR REPLACE TEMP TABLE check_item_sizes AS
SELECT i.item_id, count(*) AS events
FROM check_interactions i
WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL AND check_counts(i.weight)
GROUP BY i.item_id;
