-- What is known about users. Any further column is an attribute.
CREATE TABLE IF NOT EXISTS mmsql.users (
    user_id VARCHAR
);
