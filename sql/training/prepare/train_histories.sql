-- The last events of every user, oldest first: what a sequence model reads.
--
-- Parameters
--   $length  INTEGER: how many events a user at most
SELECT e.user_index, e.item_index, CAST(e.weight AS FLOAT) AS weight, coalesce(epoch(e.ts), 0) AS moment,
       coalesce(e.event, '') AS event
FROM train_events e
WHERE e.position > e.length - $length
ORDER BY e.user_index, e.position;
