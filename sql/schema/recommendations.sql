-- The top items of every user at training, for tools that only read tables.
CREATE TABLE IF NOT EXISTS mmsql.recommendations (
    model VARCHAR,
    user_id VARCHAR,
    rank INTEGER,
    item_id VARCHAR,
    score DOUBLE
);
