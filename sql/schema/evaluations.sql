-- One row an evaluation: which split, how many users, how deep the ranked lists go.
CREATE TABLE IF NOT EXISTS mmsql.evaluations (
    evaluation BIGINT,
    model VARCHAR,
    algorithm VARCHAR,
    split VARCHAR,
    seed BIGINT,
    depth INTEGER,
    users BIGINT,
    items BIGINT,
    training_users BIGINT,
    training_events BIGINT,
    seconds DOUBLE,
    created_at TIMESTAMP
);
