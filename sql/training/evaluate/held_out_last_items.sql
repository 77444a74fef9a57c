-- The last item of each user with at least two items. The split leave_last_out holds them out.
-- Events with the same timestamp are in an order drawn by hash, as in train_events.
--
-- Parameters
--   $seed    BIGINT: draws the order of events with the same timestamp
CREATE OR REPLACE TEMP TABLE held_out AS
WITH latest AS (
    SELECT i.user_id, i.item_id, max(i.ts) AS ts
    FROM mmsql.interactions i
    WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL AND mmsql._counts(i.weight)
    GROUP BY i.user_id, i.item_id
)
SELECT l.user_id, l.item_id, l.ts
FROM latest l
WINDOW newest AS (
    PARTITION BY l.user_id
    ORDER BY l.ts DESC NULLS LAST,
             hash(CAST(l.user_id AS VARCHAR) || '|' || CAST(l.item_id AS VARCHAR) || '|' || $seed) DESC
)
QUALIFY row_number() OVER newest = 1 AND count(*) OVER (PARTITION BY l.user_id) > 1;
