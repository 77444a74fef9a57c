-- Histories after each other, each in the order of its events.
--
-- Parameters
--   $parts         BIGINT: only users whose hash is below it, modulo 2^20
--   reads train_events
-- Returns
--   user_index     INTEGER
--   item_index     INTEGER
--   moment         BIGINT, microseconds since 1970; without a time, all of one user's are of one moment
--   length         BIGINT, of the history
--   weight         DOUBLE, of the events
--   kinds          BIGINT, bits of their types
SELECT t.user_index, t.item_index, coalesce(epoch_us(CAST(t.ts AS TIMESTAMP)), -9223372036854775807) AS moment, t.length, t.weight, t.kinds
FROM train_events t
WHERE hash(t.user_index) % 1048576 < $parts
ORDER BY t.user_index, t.position;
