-- The events that an evaluation held out from training, to be found in the ranked lists.
CREATE TABLE IF NOT EXISTS mmsql.holdout (
    evaluation BIGINT,
    user_id VARCHAR,
    item_id VARCHAR,
    ts TIMESTAMP
);
