-- The users with at least one training event, numbered from 0 in order of their ids.
--
-- Parameters
--   $cut     TIMESTAMP: only events before it; NULL for all events
CREATE OR REPLACE TEMP TABLE train_users AS
SELECT CAST(row_number() OVER (ORDER BY d.user_id) - 1 AS INTEGER) AS user_index, d.user_id
FROM (
    SELECT DISTINCT i.user_id
    FROM mmsql.interactions i
    ANTI JOIN holdout_pairs h ON h.user_id = i.user_id AND h.item_id = i.item_id
    WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL AND mmsql._counts(i.weight) AND ($cut IS NULL OR i.ts < $cut)
) d;
