-- The cached vectors of some hashes.
--
-- Parameters
--   $encoder   VARCHAR; reads wanted_hashes(content_hash)
SELECT e.content_hash, any_value(e.vector) AS vector
FROM wanted_hashes w
JOIN mmsql.embedding_cache e ON e.content_hash = w.content_hash AND e.encoder = $encoder
GROUP BY e.content_hash;
