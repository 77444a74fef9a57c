-- Every model version in the file, newest first.
--
-- Returns
--   model            VARCHAR, its name
--   algorithm        VARCHAR
--   status           VARCHAR: training, ready, retired, failed or interrupted
--   deployed         BOOLEAN, whether it serves
--   users            BIGINT, in training
--   items            BIGINT, in its catalog
--   events           BIGINT, in training
--   seconds          DOUBLE, that training took
--   created_at       TIMESTAMP
--   error            VARCHAR, why it failed
--   encoder          VARCHAR, that made vectors of its texts; NULL where training did not come so far
--   image_encoder    VARCHAR, that it is ready to use pictures by; NULL where it was made without one
-- Example
--   FROM mmsql.models();
CREATE MACRO mmsql.models() AS TABLE
SELECT m.model, m.algorithm, m.status, coalesce(m.model = latest.model, false) AS deployed, m.users, m.items, m.events,
       round(epoch(m.finished_at - m.created_at), 2) AS seconds, m.created_at, m.error,
       m.config ->> '$.encoder' AS encoder, m.config ->> '$.image_encoder' AS image_encoder
FROM mmsql.models m
CROSS JOIN (
    SELECT arg_max(d.model, d.deployment) AS model FROM mmsql.deployments d WHERE d.rolled_back_at IS NULL
) latest
ORDER BY m.created_at DESC, m.model;
