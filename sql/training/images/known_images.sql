-- The hashes among some that are in the cache.
--
-- Parameters
--   $encoder   VARCHAR; reads wanted_hashes(content_hash)
SELECT DISTINCT w.content_hash
FROM wanted_hashes w
JOIN mmsql.embedding_cache e ON e.content_hash = w.content_hash AND e.encoder = $encoder;
