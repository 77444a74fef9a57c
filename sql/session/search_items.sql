-- The k items whose title, description and comments are closest in meaning to a query. With an image encoder that
-- knows words (CLIP), pictures count too: items then rank by the sum of 1 / (60 + place) over texts and pictures.
-- What mmsql.rules bans is left out.
--
-- Parameters
--   query         what to look for, in words; one without any known word finds nothing
--   k             how many items, at least 1
-- Returns
--   rank          INTEGER, from 1
--   item_id       the item
--   title         VARCHAR
--   score         DOUBLE, cosine similarity; where pictures count, the sum of 1 / (60 + place)
-- Example
--   FROM search_items('a light tent for two', k := 5);
CREATE OR REPLACE TEMP MACRO search_items(query, k := 10) AS TABLE
WITH asked AS (
    SELECT 'text' AS modality, mmsql_embed_query(CAST(query AS VARCHAR)) AS vector
    UNION ALL
    SELECT 'image' AS modality, mmsql_embed_words(CAST(query AS VARCHAR)) AS vector
),
scored AS (
    SELECT w.item_id, w.modality, list_cosine_similarity(w.vector, q.vector) AS score
    FROM asked q
    CROSS JOIN mmsql._deployed() d
    JOIN mmsql.item_vectors w ON w.model = d.model AND w.modality = q.modality
    WHERE error(mmsql._length_error(k)) IS NULL
      AND list_dot_product(q.vector, q.vector) > 0 -- the cosine with a zero vector means nothing
),
placed AS (
    -- Reciprocal rank fusion: cosines of texts and of pictures are not on one scale (Cormack, Clarke & Büttcher, 2009).
    SELECT s.item_id, s.score,
           row_number() OVER (PARTITION BY s.modality ORDER BY s.score DESC, s.item_id) AS place,
           bool_or(s.modality = 'image') OVER () AS pictures
    FROM scored s
),
fused AS (
    SELECT p.item_id, CASE WHEN any_value(p.pictures) THEN sum(1 / (60 + p.place)) ELSE max(p.score) END AS score
    FROM placed p
    -- No anti join: it cannot stand under LATERAL.
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
QUALIFY row_number() OVER best <= coalesce(mmsql._positive_integer(k), 10)
ORDER BY rank;
