-- Images of a load as bytes: the item, the bytes, the row of the file, and its error.
CREATE OR REPLACE TEMP TABLE load_pictures (
    item_id VARCHAR,
    image BLOB,
    load_line JSON,
    load_error VARCHAR
);
