-- The histories of some users with the weights that mmsql._history gives them.
--
-- Parameters
--   $decay            DOUBLE
--   $history_length   INTEGER
--   $share            DOUBLE: of edges of events that the user's vector knows
SELECT h."row", h.item_index,
       CASE WHEN h.recency > $history_length THEN 0 ELSE pow($decay, h.age) * $share END AS weight
FROM (
    SELECT w."row", e.item_index,
           dense_rank() OVER (PARTITION BY w."row" ORDER BY e.ts DESC NULLS LAST) - 1 AS age,
           row_number() OVER (PARTITION BY w."row" ORDER BY e.ts DESC NULLS LAST, e.item_index) AS recency
    FROM wanted_users w
    JOIN train_events e ON e.user_index = w.user_index
) h;
