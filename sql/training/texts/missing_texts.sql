-- The different texts that are not in the cache, numbered from 1 in order of length.
--
-- Parameters
--   $encoder   VARCHAR
CREATE OR REPLACE TEMP TABLE missing_texts AS
SELECT row_number() OVER (ORDER BY length(d.body), d.content_hash) AS position, d.content_hash, d.body
FROM (
    SELECT t.content_hash, any_value(t.body) AS body
    FROM content_texts t
    ANTI JOIN (SELECT e.content_hash FROM mmsql.embedding_cache e WHERE e.encoder = $encoder) known
      ON known.content_hash = t.content_hash
    GROUP BY t.content_hash
) d;
