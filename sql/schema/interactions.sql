-- Interactions of users with items, one row per event. You may replace the table by a view over your own tables. A weight
-- that is NULL counts as 1. An event whose weight is 0 or less, such as a return, counts as nothing, but its item counts
-- as seen.
CREATE TABLE IF NOT EXISTS mmsql.interactions (
    user_id VARCHAR,
    item_id VARCHAR,
    event VARCHAR,
    weight DOUBLE,
    ts TIMESTAMP
);
