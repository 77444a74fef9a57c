-- User vectors of a model. Events after as_of are not in the vector.
CREATE TABLE IF NOT EXISTS mmsql.user_vectors (
    model VARCHAR,
    user_id VARCHAR,
    vector FLOAT[],
    as_of TIMESTAMP
);
