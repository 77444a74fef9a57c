-- The trials of tune(), one row each: the options and their result. Another connection can read it while tune() runs.
-- Trial 0 of a study has the default options. status is done or failed. ndcg and recall are for lists of ten, on the held-out
-- items; with holdout, each user's last item, which evaluate() tests, was left out before.
CREATE TABLE IF NOT EXISTS mmsql.trials (
    study BIGINT,
    trial INTEGER,
    algorithm VARCHAR,
    options JSON,
    ndcg DOUBLE,
    recall DOUBLE,
    seconds DOUBLE,
    status VARCHAR,
    error VARCHAR,
    created_at TIMESTAMP,
    seed BIGINT,
    holdout BOOLEAN
);
