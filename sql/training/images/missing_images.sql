-- The hashes of large images that are not in the cache.
--
-- Parameters
--   $encoder   VARCHAR
SELECT DISTINCT i.content_hash
FROM content_images i
ANTI JOIN (
    SELECT e.content_hash FROM mmsql.embedding_cache e WHERE e.encoder = $encoder
) known ON known.content_hash = i.content_hash
WHERE i.bytes > 4096;
