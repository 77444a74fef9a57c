-- Vectors of texts and images by the md5 of their content: an unchanged text or image is never encoded twice.
CREATE TABLE IF NOT EXISTS mmsql.embedding_cache (
    content_hash VARCHAR,
    encoder VARCHAR,
    vector FLOAT[]
);
