-- Store the weights of event types, from new_rows(event, weight).
--
-- Parameters
--   $model    VARCHAR
INSERT INTO mmsql.event_weights
SELECT $model, n.event, n.weight
FROM new_rows n
ORDER BY n.event;
