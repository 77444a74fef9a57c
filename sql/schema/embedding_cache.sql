-- Vectors by the md5 of what they were made from, so that an unchanged text or picture is never encoded twice.
CREATE TABLE IF NOT EXISTS mmsql.embedding_cache (
    content_hash VARCHAR,
    encoder VARCHAR,
    vector FLOAT[]
);
