-- The vectors of the texts of one modality with their weights, ordered by item, for pooling.
--
-- Parameters
--   $modality  VARCHAR
--   $encoder   VARCHAR
SELECT t.item_index, e.vector, CAST(t.weight AS FLOAT) AS weight
FROM content_texts t
JOIN mmsql.embedding_cache e ON e.content_hash = t.content_hash AND e.encoder = $encoder
WHERE t.modality = $modality
ORDER BY t.item_index, t.content_hash;
