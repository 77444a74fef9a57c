-- The events an evaluation kept from training: what the ranked lists should have found.
CREATE TABLE IF NOT EXISTS mmsql.holdout (
    evaluation BIGINT,
    user_id VARCHAR,
    item_id VARCHAR,
    ts TIMESTAMP
);
