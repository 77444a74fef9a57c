-- The deployed model in one row, whose model is NULL if there is none. It is rebuilt with mmsql.serving. event_weights are
-- the rows of mmsql.event_weights. null_user_id and null_item_id are NULL, in the types of the ids of interactions.
CREATE TABLE IF NOT EXISTS mmsql.serving_model (
    model VARCHAR,
    algorithm VARCHAR,
    decay DOUBLE,
    history_length BIGINT,
    edge_weight DOUBLE,
    vector_weight DOUBLE,
    event_weights MAP(VARCHAR, DOUBLE),
    null_user_id VARCHAR,
    null_item_id VARCHAR
);
