-- The products. Any further column is an attribute. May be replaced by a view over your own tables.
CREATE TABLE IF NOT EXISTS mmsql.items (
    item_id VARCHAR,
    title VARCHAR,
    description VARCHAR,
    category VARCHAR,
    brand VARCHAR,
    price DOUBLE,
    available BOOLEAN
);
