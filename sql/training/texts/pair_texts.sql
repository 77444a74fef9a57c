-- The different texts of the pairs, numbered from 0.
--
-- Parameters
--   none; reads text_pairs and content_texts
CREATE OR REPLACE TEMP TABLE pair_texts AS
SELECT row_number() OVER (ORDER BY d.content_hash) - 1 AS position, d.content_hash, d.body
FROM (
    SELECT t.content_hash, any_value(t.body) AS body
    FROM content_texts t
    SEMI JOIN (SELECT p.anchor AS content_hash FROM text_pairs p UNION SELECT p.positive FROM text_pairs p) w
        ON w.content_hash = t.content_hash
    GROUP BY t.content_hash
) d;
