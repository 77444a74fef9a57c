-- The log of training, one row per epoch. Another connection can read it while training runs.
--
-- Parameters
--   model            name of a model, or NULL for all
-- Returns
--   model            VARCHAR
--   epoch            INTEGER, from 1
--   loss             DOUBLE, the joint loss
--   loss_precision   DOUBLE, the part of the loss for predicting the next item
--   loss_diversity   DOUBLE, the part of the loss for diversity, before the factor alpha
--   validation_ndcg  DOUBLE, NDCG@10 on the validation users
--   seconds          DOUBLE, of the epoch
--   ts               TIMESTAMP
-- Example
--   FROM mmsql.training_log();
CREATE MACRO mmsql.training_log(model := NULL) AS TABLE
SELECT l.model, l.epoch, l.loss, l.loss_precision, l.loss_diversity, l.validation_ndcg, l.seconds, l.ts
FROM mmsql.training_log l
WHERE model IS NULL OR l.model = CAST(model AS VARCHAR)
ORDER BY l.ts, l.epoch;
