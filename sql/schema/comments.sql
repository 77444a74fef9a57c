-- What users wrote about items. May be replaced by a view over your own tables.
CREATE TABLE IF NOT EXISTS mmsql.comments (
    item_id VARCHAR,
    user_id VARCHAR,
    body VARCHAR,
    rating DOUBLE,
    ts TIMESTAMP
);
