-- The k items whose title, description and comments are closest in meaning to a query. With an image encoder for words and
-- images (CLIP), images count too: items are ranked by the sum of 1 / (60 + rank) over texts and images. Items that
-- mmsql.rules bans are left out.
--
-- Parameters
--   query         words to search for; a query without any known word finds nothing
--   k             number of items, at least 1
-- Returns
--   rank          INTEGER, from 1
--   item_id       the item
--   title         VARCHAR
--   score         DOUBLE, cosine similarity; with images, the sum of 1 / (60 + rank)
-- Example
--   FROM search_items('a light tent for two', k := 5);
CREATE OR REPLACE TEMP MACRO search_items(query, k := 10) AS TABLE
WITH query_vectors AS (
    SELECT 'text' AS modality, mmsql_embed_query(CAST(query AS VARCHAR)) AS vector
    UNION ALL
    SELECT 'image' AS modality, mmsql_embed_words(CAST(query AS VARCHAR)) AS vector
),
scored AS (
    SELECT w.item_id, w.modality, list_cosine_similarity(w.vector, q.vector) AS score
    FROM query_vectors q
    CROSS JOIN mmsql._deployed() d
    JOIN mmsql.item_vectors w ON w.model = d.model AND w.modality = q.modality
    WHERE CASE  -- Not _length_error: a file of an earlier version that is opened read-only does not have it.
        WHEN k IS NOT NULL AND (TRY_CAST(k AS BIGINT) >= 1 AND TRY_CAST(k AS BIGINT) = TRY_CAST(k AS DOUBLE)) IS NOT TRUE
            THEN error('k must be a whole number of at least 1, ' || CAST(k AS VARCHAR) || ' was given. Type k := 10.')
        ELSE true
    END
      AND list_dot_product(q.vector, q.vector) > 0 -- the cosine with a zero vector has no meaning
),
ranked AS (
    -- Reciprocal rank fusion: cosines of texts and of images have different scales (Cormack, Clarke and Büttcher, 2009).
    SELECT s.item_id, s.score,
           row_number() OVER (PARTITION BY s.modality ORDER BY s.score DESC, s.item_id) AS modality_rank,
           bool_or(s.modality = 'image') OVER () AS has_images
    FROM scored s
),
fused AS (
    SELECT p.item_id, CASE WHEN any_value(p.has_images) THEN sum(1 / (60 + p.modality_rank)) ELSE max(p.score) END AS score
    FROM ranked p
    -- Not an anti join: LATERAL does not take it.
    LEFT JOIN (SELECT r.item_id FROM mmsql._rule_effects() r WHERE r.banned) b ON b.item_id = CAST(p.item_id AS VARCHAR)
    WHERE b.item_id IS NULL
    GROUP BY p.item_id
)
SELECT CAST(row_number() OVER best AS INTEGER) AS rank, f.item_id, p.title, f.score
FROM fused f
LEFT JOIN (
    SELECT i.item_id, any_value(i.title) AS title FROM mmsql.items i GROUP BY i.item_id
) p ON p.item_id = f.item_id
WINDOW best AS (ORDER BY f.score DESC, f.item_id)
QUALIFY row_number() OVER best <= coalesce(TRY_CAST(k AS BIGINT), 10)
ORDER BY rank;
