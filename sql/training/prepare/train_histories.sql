-- The last events of every user, oldest first. Sequence models read these.
--
-- Parameters
--   $length  INTEGER: largest number of events of a user
SELECT e.user_index, e.item_index, CAST(e.weight AS FLOAT) AS weight, coalesce(epoch(e.ts), 0) AS timestamp,
       coalesce(e.event, '') AS event
FROM train_events e
WHERE e.position > e.length - $length
ORDER BY e.user_index, e.position;
