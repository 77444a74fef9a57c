-- The training events of a range of users, in any order.
--
-- Parameters
--   $first         BIGINT: first user index
--   $last          BIGINT: last user index
--   reads train_events
-- Returns
--   user_index     INTEGER
--   item_index     INTEGER
--   timestamp_us   BIGINT, microseconds since 1970; the smallest value without a timestamp
--   event_type_bits  BIGINT, bits of the event types
--   position       INTEGER, from 1, the oldest event of the user
SELECT t.user_index, t.item_index, coalesce(epoch_us(CAST(t.ts AS TIMESTAMP)), -9223372036854775807) AS timestamp_us,
       t.event_type_bits, t.position
FROM train_events t
WHERE t.user_index BETWEEN $first AND $last;
