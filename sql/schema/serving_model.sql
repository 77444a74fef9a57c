-- What serving reads of the model that is deployed, in one row, whose model is NULL while there is none; made anew with
-- mmsql.serving. event_weights is that of mmsql.event_weights; no_user and no_item are NULL, in the types that ids have.
CREATE TABLE IF NOT EXISTS mmsql.serving_model (
    model VARCHAR,
    algorithm VARCHAR,
    decay DOUBLE,
    history_length BIGINT,
    edge_weight DOUBLE,
    vector_weight DOUBLE,
    event_weights MAP(VARCHAR, DOUBLE),
    no_user VARCHAR,
    no_item VARCHAR
);
