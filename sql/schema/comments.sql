-- Comments of users on items. You may replace the table by a view over your own tables. An optional column weight is the
-- weight of a comment in the description of its item, such as helpful votes; NULL counts as 1.
CREATE TABLE IF NOT EXISTS mmsql.comments (
    item_id VARCHAR,
    user_id VARCHAR,
    body VARCHAR,
    rating DOUBLE,
    ts TIMESTAMP
);
