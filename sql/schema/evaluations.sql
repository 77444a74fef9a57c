-- The evaluations, one row each, with the split, the number of users and the length of the lists.
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
