-- The k items whose title, description and comments are closest in meaning to a query.
--
-- Parameters
--   query         what to look for, in words; one without any known word finds nothing
--   k             how many items, at least 1
-- Returns
--   rank          INTEGER, from 1
--   item_id       the item
--   title         VARCHAR
--   score         DOUBLE, cosine similarity
-- Example
--   FROM search_items('a light tent for two', k := 5);
CREATE OR REPLACE TEMP MACRO search_items(query, k := 10) AS TABLE
WITH scored AS (
    SELECT w.item_id, list_cosine_similarity(w.vector, q.vector) AS score
    FROM (SELECT CAST(embed_comment(query) AS FLOAT[]) AS vector) q
    CROSS JOIN mmsql._deployed() d
    JOIN mmsql.item_vectors w ON w.model = d.model AND w.modality = 'text'
    WHERE CASE
        WHEN k < 1 OR k <> floor(k)
            THEN error('k must be a whole number of at least 1, ' || CAST(k AS VARCHAR) || ' was given.')
        ELSE true
    END
      AND list_dot_product(q.vector, q.vector) > 0 -- the cosine with a zero vector means nothing
)
SELECT CAST(row_number() OVER best AS INTEGER) AS rank, s.item_id, p.title, s.score
FROM scored s
LEFT JOIN (
    SELECT i.item_id, any_value(i.title) AS title FROM mmsql.items i GROUP BY i.item_id
) p ON p.item_id = s.item_id
WINDOW best AS (ORDER BY s.score DESC, s.item_id)
QUALIFY row_number() OVER best <= coalesce(k, 10)
ORDER BY rank;
