-- What the comments on an item say, in their own sentences: the typical ones, and the critical ones of comments that rate
-- it below its mean. None repeats one before it. Read live from the latest 300 comments.
--
-- Parameters
--   target_item      an item id
--   k                how many sentences of each kind at most, at least 1
-- Returns
--   kind             VARCHAR: typical or critical
--   rank             INTEGER, from 1, by kind
--   sentence         VARCHAR, of at most 300 characters
--   rating           DOUBLE, of the comment it is from
--   ts               TIMESTAMP of that comment
--   score            DOUBLE: centrality, the mean cosine with all sentences of the item, less where it has few terms; for
--                    critical ones times how far the rating is below the mean
-- Example
--   FROM mmsql.comment_summary('P0001', k := 3);
CREATE MACRO mmsql.comment_summary(target_item, k := 5) AS TABLE
WITH named AS MATERIALIZED (
    SELECT n.*
    FROM mmsql._item_sentences([target_item], 300) n
    WHERE error(mmsql._wrong_length(k)) IS NULL
      AND length(n.sentence) <= 300
),
sentences AS MATERIALIZED (
    SELECT n.place, any_value(n.sentence) AS sentence, any_value(n.rating) AS rating, any_value(n.ts) AS ts,
           any_value(n.item_rating) AS item_rating, any_value(n.centrality) AS centrality
    FROM named n
    GROUP BY n.place
),
scored AS (
    SELECT 'typical' AS kind, s.place, s.sentence, s.rating, s.ts, s.centrality AS score FROM sentences s
    UNION ALL
    SELECT 'critical' AS kind, s.place, s.sentence, s.rating, s.ts,
           s.centrality * (s.item_rating - s.rating) AS score
    FROM sentences s
    WHERE s.rating < s.item_rating
),
placed AS MATERIALIZED (
    SELECT c.*, row_number() OVER (PARTITION BY c.kind ORDER BY c.score DESC, c.place) AS candidate
    FROM scored c
    QUALIFY candidate <= 10 * coalesce(mmsql._whole(k), 5)
),
repeats AS (
    -- Redundancy is left out as maximal marginal relevance does (Carbonell & Goldstein 1998), in one step: a sentence
    -- with a cosine above .6 to any better one goes.
    SELECT DISTINCT q.kind, q.place
    FROM (
        SELECT p.kind, p.place, b.place AS better
        FROM placed p
        JOIN placed b ON b.kind = p.kind AND b.candidate < p.candidate
        JOIN named x ON x.place = p.place
        JOIN named y ON y.place = b.place AND y.term = x.term
        GROUP BY p.kind, p.place, b.place
        HAVING sum(x.part * y.part) > 0.6
    ) q
)
SELECT p.kind, CAST(row_number() OVER best AS INTEGER) AS rank, p.sentence, p.rating, p.ts, p.score
FROM placed p
LEFT JOIN repeats r ON r.kind = p.kind AND r.place = p.place  -- No anti join: it cannot stand under LATERAL.
WHERE r.place IS NULL
WINDOW best AS (PARTITION BY p.kind ORDER BY p.candidate)
QUALIFY row_number() OVER best <= coalesce(mmsql._whole(k), 5)
ORDER BY p.kind DESC, rank;
