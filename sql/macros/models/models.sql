-- The model versions in the file, newest first.
--
-- Returns
--   model            VARCHAR, its name
--   algorithm        VARCHAR
--   status           VARCHAR: training, ready, retired, failed or interrupted
--   deployed         BOOLEAN, whether it answers queries
--   users            BIGINT, in training
--   items            BIGINT, in its catalog
--   events           BIGINT, in training
--   seconds          DOUBLE, duration of training
--   created_at       TIMESTAMP
--   error            VARCHAR, why it failed
--   encoder          VARCHAR, its text encoder; NULL for a training that ended before it had one
--   image_encoder    VARCHAR, its image encoder; NULL without one
-- Example
--   FROM mmsql.models();
CREATE MACRO mmsql.models() AS TABLE
SELECT m.model, m.algorithm, m.status, coalesce(m.model = mmsql._deployed_model(), false) AS deployed, m.users, m.items, m.events,
       round(epoch(m.finished_at - m.created_at), 2) AS seconds, m.created_at, m.error,
       m.config ->> '$.encoder' AS encoder, m.config ->> '$.image_encoder' AS image_encoder
FROM mmsql.models m
ORDER BY m.created_at DESC, m.model;
