-- The catalog of an evaluation: training events per item, and its content vector, if any.
CREATE TABLE IF NOT EXISTS mmsql.evaluation_items (
    evaluation BIGINT,
    item_id VARCHAR,
    events BIGINT,
    vector FLOAT[]
);
