-- The training events of all users, or of a sample of users, in any order. Pairs of items are counted over these.
--
-- Parameters
--   $parts         BIGINT: keep users whose hash modulo 2^20 is below it
--   reads train_events
-- Returns
--   user_index     INTEGER
--   item_index     INTEGER
--   timestamp_us   BIGINT, microseconds since 1970; the same for all events of a user without a timestamp
--   event_type_bits  BIGINT, bits of the event types
--   position       INTEGER, from 1, the oldest event of the user
--   weight         DOUBLE, of the events
SELECT t.user_index, t.item_index, coalesce(epoch_us(CAST(t.ts AS TIMESTAMP)), -9223372036854775807) AS timestamp_us,
       t.event_type_bits, t.position, t.weight
FROM train_events t
WHERE $parts = 1048576 OR hash(t.user_index) % 1048576 < $parts;
