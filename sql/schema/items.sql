-- The items of the shop. Any further column is an attribute. You may replace the table by a view over your own tables.
CREATE TABLE IF NOT EXISTS mmsql.items (
    item_id VARCHAR,
    title VARCHAR,
    description VARCHAR,
    category VARCHAR,
    brand VARCHAR,
    price DOUBLE,
    available BOOLEAN
);
