-- The vectors of an encoder that those of another one are a map of, where the cache does not hold these; numbered from 1.
--
-- Parameters
--   $encoder   VARCHAR: whose vectors are missing
--   $base      VARCHAR: whose vectors there are
CREATE OR REPLACE TEMP TABLE missing_vectors AS
SELECT row_number() OVER (ORDER BY b.content_hash) AS place, b.content_hash, b.vector
FROM mmsql.embedding_cache b
SEMI JOIN content_texts t ON t.content_hash = b.content_hash
ANTI JOIN (
    SELECT e.content_hash FROM mmsql.embedding_cache e WHERE e.encoder = $encoder
) known ON known.content_hash = b.content_hash
WHERE b.encoder = $base;
