-- Pictures of items, any number an item: as bytes, or as paths of files, which start from the folder of this file.
-- A view that replaces it may give paths as VARCHAR.
CREATE TABLE IF NOT EXISTS mmsql.images (
    item_id VARCHAR,
    image BLOB
);
