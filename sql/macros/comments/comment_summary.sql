-- A summary of the comments on an item in their own sentences: typical ones, and critical ones from comments that rate
-- the item below its mean. No sentence repeats a better one. The latest 300 comments are read live.
--
-- Parameters
--   target_item      an item id
--   k                most sentences of each kind, at least 1
-- Returns
--   kind             VARCHAR: typical or critical
--   rank             INTEGER, from 1, within a kind
--   sentence         VARCHAR, up to 300 characters
--   rating           DOUBLE, of its comment
--   ts               TIMESTAMP, of its comment
--   score            DOUBLE: the mean cosine with all sentences on the item, reduced for few terms. A critical
--                    sentence's score is also multiplied by the item's mean rating minus the rating of its comment
-- Example
--   FROM mmsql.comment_summary('P0001', k := 3);
CREATE MACRO mmsql.comment_summary(target_item, k := 5) AS TABLE
WITH sentence_terms AS MATERIALIZED (
    SELECT n.*
    FROM mmsql._item_sentences([target_item], mmsql._comments_per_item()) n
    WHERE error(mmsql._length_error(k)) IS NULL
      AND length(n.sentence) <= mmsql._max_sentence_length()
),
sentences AS MATERIALIZED (
    SELECT n.position, any_value(n.sentence) AS sentence, any_value(n.rating) AS rating, any_value(n.ts) AS ts,
           any_value(n.item_rating) AS item_rating, any_value(n.centrality) AS centrality
    FROM sentence_terms n
    GROUP BY n.position
),
scored AS (
    SELECT 'typical' AS kind, s.position, s.sentence, s.rating, s.ts, s.centrality AS score FROM sentences s
    UNION ALL
    SELECT 'critical' AS kind, s.position, s.sentence, s.rating, s.ts,
           s.centrality * (s.item_rating - s.rating) AS score
    FROM sentences s
    WHERE s.rating < s.item_rating
),
candidates AS MATERIALIZED (
    SELECT c.*, row_number() OVER (PARTITION BY c.kind ORDER BY c.score DESC, c.position) AS candidate
    FROM scored c
    QUALIFY candidate <= 10 * coalesce(mmsql._positive_integer(k), 5)
),
repeats AS (
    -- Like maximal marginal relevance (Carbonell and Goldstein 1998), in one step: a sentence with a cosine above 0.6 to
    -- any better sentence is left out.
    SELECT DISTINCT q.kind, q.position
    FROM (
        SELECT p.kind, p.position, b.position AS better
        FROM candidates p
        JOIN candidates b ON b.kind = p.kind AND b.candidate < p.candidate
        JOIN sentence_terms x ON x.position = p.position
        JOIN sentence_terms y ON y.position = b.position AND y.term = x.term
        GROUP BY p.kind, p.position, b.position
        HAVING sum(x.component * y.component) > 0.6
    ) q
)
SELECT p.kind, CAST(row_number() OVER best AS INTEGER) AS rank, p.sentence, p.rating, p.ts, p.score
FROM candidates p
LEFT JOIN repeats r ON r.kind = p.kind AND r.position = p.position  -- Not an anti join: LATERAL does not take it.
WHERE r.position IS NULL
WINDOW best AS (PARTITION BY p.kind ORDER BY p.candidate)
QUALIFY row_number() OVER best <= coalesce(mmsql._positive_integer(k), 5)
ORDER BY p.kind DESC, rank;
