-- What users did with items: one row an event. May be replaced by a view over your own tables.
CREATE TABLE IF NOT EXISTS mmsql.interactions (
    user_id VARCHAR,
    item_id VARCHAR,
    event VARCHAR,
    weight DOUBLE,
    ts TIMESTAMP
);
