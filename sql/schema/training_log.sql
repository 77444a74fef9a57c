-- The log of training, one row per epoch. Another connection can read it while training runs.
CREATE TABLE IF NOT EXISTS mmsql.training_log (
    model VARCHAR,
    epoch INTEGER,
    loss DOUBLE,
    loss_precision DOUBLE,
    loss_diversity DOUBLE,
    validation_ndcg DOUBLE,
    seconds DOUBLE,
    ts TIMESTAMP
);
