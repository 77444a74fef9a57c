-- The model versions, one row each, with configuration, parameters of the score, and weights in safetensors form.
-- status is training, ready, retired, failed or interrupted. decay, history_length, edge_weight and vector_weight are the
-- parameters of the score.
CREATE TABLE IF NOT EXISTS mmsql.models (
    model VARCHAR PRIMARY KEY,
    algorithm VARCHAR,
    status VARCHAR,
    seed BIGINT,
    config JSON,
    decay DOUBLE,
    history_length INTEGER,
    edge_weight DOUBLE,
    vector_weight DOUBLE,
    fingerprint VARCHAR,
    versions JSON,
    users BIGINT,
    items BIGINT,
    events BIGINT,
    weights BLOB,
    error VARCHAR,
    created_at TIMESTAMP,
    finished_at TIMESTAMP
);
