-- Pictures of items, as bytes. A view that replaces it may give paths instead.
CREATE TABLE IF NOT EXISTS mmsql.images (
    item_id VARCHAR,
    image BLOB
);
