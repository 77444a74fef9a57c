-- The users. Any further column is an attribute. You may replace the table by a view over your own tables.
CREATE TABLE IF NOT EXISTS mmsql.users (
    user_id VARCHAR
);
