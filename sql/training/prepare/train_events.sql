-- The training events: one row per user and item, at its latest timestamp, ordered by time within a user.
-- Events with the same timestamp are in an order drawn by hash, so that the order of a file has no influence.
-- Rows that agree in all columns, timestamp included, count as one event.
-- Events that mmsql._counts leaves out are left out. A missing or infinite weight, or one beyond 1e12, counts as 1. event_type_bits has one
-- bit for each event type of the user and item, numbered by train_event_types.
--
-- Parameters
--   $cut     TIMESTAMP: only events before it; NULL for all events
--   $seed    BIGINT: draws the order of events with the same timestamp
CREATE OR REPLACE TEMP TABLE train_events AS
WITH latest AS (
    SELECT i.user_id, i.item_id, max(i.ts) AS ts,
           sum(CASE WHEN abs(CAST(i.weight AS DOUBLE)) <= 1e12 THEN i.weight ELSE 1 END) AS weight,
           arg_max(i.event, coalesce(i.ts, TIMESTAMP '1970-01-01')) AS event,
           bit_or(1::BIGINT << y.code) AS event_type_bits
    FROM (
        -- In a view, NULL AS ts is an INTEGER.
        SELECT DISTINCT n.user_id, n.item_id, n.event, n.weight, CAST(n.ts AS TIMESTAMP) AS ts
        FROM mmsql.interactions n
        WHERE n.ts IS NOT NULL
        UNION ALL
        SELECT n.user_id, n.item_id, n.event, n.weight, NULL AS ts FROM mmsql.interactions n WHERE n.ts IS NULL
    ) i
    JOIN train_event_types y ON y.event = coalesce(i.event, '')
    ANTI JOIN holdout_pairs h ON h.user_id = i.user_id AND h.item_id = i.item_id
    WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL AND mmsql._counts(i.weight) AND ($cut IS NULL OR i.ts < $cut)
    GROUP BY i.user_id, i.item_id
)
SELECT u.user_index, c.item_index, l.weight, l.ts, l.event, l.event_type_bits,
       CAST(row_number() OVER latest_last AS INTEGER) AS position,
       CAST(count(*) OVER (PARTITION BY u.user_index) AS INTEGER) AS length
FROM latest l
JOIN train_users u ON u.user_id = l.user_id
JOIN train_catalog c ON c.item_id = l.item_id
WINDOW latest_last AS (
    PARTITION BY u.user_index
    ORDER BY l.ts NULLS FIRST, hash(CAST(l.user_id AS VARCHAR) || '|' || CAST(l.item_id AS VARCHAR) || '|' || $seed)
);
