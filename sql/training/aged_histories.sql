-- The histories of some users, with what mmsql._history weighs them by.
--
-- Parameters
--   reads wanted_users(user_index, row)
-- Returns
--   row            INTEGER, of wanted_users
--   item_index     INTEGER
--   age            BIGINT, moments since the event
--   recency        BIGINT, from 1: which of the latest items it is
--   kinds          BIGINT, bits of the types of its events
SELECT w."row", e.item_index,
       dense_rank() OVER (PARTITION BY w."row" ORDER BY e.ts DESC NULLS LAST) - 1 AS age,
       row_number() OVER (PARTITION BY w."row" ORDER BY e.ts DESC NULLS LAST, e.item_index) AS recency,
       e.kinds
FROM wanted_users w
JOIN train_events e ON e.user_index = w.user_index;
