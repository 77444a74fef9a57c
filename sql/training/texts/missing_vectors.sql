-- The vectors of a base encoder whose mapped vectors are not in the cache, numbered from 1.
--
-- Parameters
--   $encoder   VARCHAR: the encoder that maps the vectors of its base
--   $base      VARCHAR: the base encoder
CREATE OR REPLACE TEMP TABLE missing_vectors AS
SELECT row_number() OVER (ORDER BY b.content_hash) AS position, b.content_hash, b.vector
FROM mmsql.embedding_cache b
SEMI JOIN content_texts t ON t.content_hash = b.content_hash
ANTI JOIN (
    SELECT e.content_hash FROM mmsql.embedding_cache e WHERE e.encoder = $encoder
) known ON known.content_hash = b.content_hash
WHERE b.encoder = $base;
