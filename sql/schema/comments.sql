-- What users wrote about items. May be replaced by a view over your own tables. A column weight, where there is one,
-- says how much a comment counts for what its item is like: helpful votes, for example; 1 where it is NULL.
CREATE TABLE IF NOT EXISTS mmsql.comments (
    item_id VARCHAR,
    user_id VARCHAR,
    body VARCHAR,
    rating DOUBLE,
    ts TIMESTAMP
);
