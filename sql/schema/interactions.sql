-- Interactions of users with items, one row per event. You may replace the table by a view over your own tables.
CREATE TABLE IF NOT EXISTS mmsql.interactions (
    user_id VARCHAR,
    item_id VARCHAR,
    event VARCHAR,
    weight DOUBLE,
    ts TIMESTAMP
);
