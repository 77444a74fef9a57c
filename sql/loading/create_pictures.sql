-- Pictures of a load as bytes: the item, the bytes, the row they came from, and what is wrong with it.
CREATE OR REPLACE TEMP TABLE load_pictures (
    item_id VARCHAR,
    image BLOB,
    load_line JSON,
    load_bad VARCHAR
);
