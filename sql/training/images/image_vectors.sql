-- The vectors of the different images of items, ordered by item, for pooling.
--
-- Parameters
--   $encoder   VARCHAR
SELECT t.item_index, e.vector, CAST(1 AS FLOAT) AS weight
FROM (SELECT DISTINCT i.item_index, i.content_hash FROM content_images i) t
JOIN mmsql.embedding_cache e ON e.content_hash = t.content_hash AND e.encoder = $encoder
ORDER BY t.item_index, t.content_hash;
