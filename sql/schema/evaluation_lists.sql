-- The ranked lists of an evaluation, of the evaluated algorithm and of popularity.
CREATE TABLE IF NOT EXISTS mmsql.evaluation_lists (
    evaluation BIGINT,
    algorithm VARCHAR,
    user_id VARCHAR,
    rank INTEGER,
    item_id VARCHAR,
    score DOUBLE
);
