-- The events of some users, in any order.
--
-- Parameters
--   $first         BIGINT: of the user indices wanted
--   $last          BIGINT: of the user indices wanted
--   reads train_events
-- Returns
--   user_index     INTEGER
--   item_index     INTEGER
--   moment         BIGINT, microseconds since 1970; without a time, all of one user's are of one moment, the earliest
--   kinds          BIGINT, bits of the types of its events
--   position       INTEGER, from 1: a user's oldest
SELECT t.user_index, t.item_index, coalesce(epoch_us(CAST(t.ts AS TIMESTAMP)), -9223372036854775807) AS moment,
       t.kinds, t.position
FROM train_events t
WHERE t.user_index BETWEEN $first AND $last;
