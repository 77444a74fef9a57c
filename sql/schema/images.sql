-- Images of items, any number per item: as bytes, or as paths of files, relative to the folder of this file.
-- A view in place of the table may have paths as VARCHAR.
CREATE TABLE IF NOT EXISTS mmsql.images (
    item_id VARCHAR,
    image BLOB
);
