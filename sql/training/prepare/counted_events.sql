-- The events that pairs are counted of, in any order.
--
-- Parameters
--   $parts         BIGINT: only users whose hash is below it, modulo 2^20
--   reads train_events
-- Returns
--   user_index     INTEGER
--   item_index     INTEGER
--   moment         BIGINT, microseconds since 1970; without a time, all of one user's are of one moment
--   kinds          BIGINT, bits of their types
--   position       INTEGER, from 1: a user's oldest
--   weight         DOUBLE, of the events
SELECT t.user_index, t.item_index, coalesce(epoch_us(CAST(t.ts AS TIMESTAMP)), -9223372036854775807) AS moment,
       t.kinds, t.position, t.weight
FROM train_events t
WHERE $parts = 1048576 OR hash(t.user_index) % 1048576 < $parts;
