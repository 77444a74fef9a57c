-- What happened in training, a row an epoch. Readable from another connection while training runs.
--
-- Parameters
--   model            a model's name, or NULL for all
-- Returns
--   model            VARCHAR
--   epoch            INTEGER, from 1
--   loss             DOUBLE, the joint loss
--   loss_precision   DOUBLE, its part for hitting the next item
--   loss_diversity   DOUBLE, its part for diversity, before the factor alpha
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
