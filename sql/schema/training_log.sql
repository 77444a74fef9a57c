-- One row an epoch, readable from another connection while training runs.
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
