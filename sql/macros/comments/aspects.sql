-- The aspects that the comments on an item mention most, compared with other items, with rating and sentences.
-- The latest 300 comments are read live.
--
-- Parameters
--   target_item      an item id
--   k                number of aspects, at least 1
-- Returns
--   rank             INTEGER, from 1
--   aspect           VARCHAR, one or two words that occur in at least two comments on the item, but not in its title
--   mentions         BIGINT, comments that contain it
--   share            DOUBLE, of the comments read
--   rating           DOUBLE, mean rating of the comments that contain it
--   item_rating      DOUBLE, mean rating of all comments read
--   typical          VARCHAR, of the sentences that contain it, the one most similar to all sentences on the item
--   critical         VARCHAR, of the sentences that contain it, one from the comment with the lowest rating. NULL if
--                    that rating is not below the mean
-- Example
--   FROM mmsql.aspects('P0001', k := 5);
CREATE MACRO mmsql.aspects(target_item, k := 5) AS TABLE
WITH sentence_terms AS MATERIALIZED (
    SELECT n.*
    FROM mmsql._item_sentences([target_item], mmsql._comments_per_item()) n
    WHERE error(mmsql._length_error(k)) IS NULL
),
terms AS MATERIALIZED (
    SELECT n.term, any_value(n.item_id) AS item_id, count(DISTINCT n.comment) AS mentions,
           any_value(n.weight) AS weight, any_value(n.comments) AS comments, any_value(n.item_rating) AS item_rating,
           arg_max(n.sentence, (n.centrality, -n.position)) AS typical,
           arg_max(n.sentence, (-n.rating, n.centrality, -n.position)) FILTER (n.rating < n.item_rating) AS critical
    FROM sentence_terms n
    GROUP BY n.term
    HAVING count(DISTINCT n.comment) >= 2
),
redundant AS (
    -- "battery" is left out if at least half of its mentions are "battery life".
    SELECT t.term
    FROM terms t
    JOIN terms o ON o.term <> t.term AND contains(o.term, t.term) AND 2 * o.mentions >= t.mentions
    UNION
    SELECT t.term
    FROM terms t
    JOIN mmsql.items i ON i.item_id = t.item_id AND contains(lower(i.title), t.term)
),
kept AS (
    SELECT t.*
    FROM terms t
    LEFT JOIN redundant o ON o.term = t.term  -- Not an anti join: LATERAL does not take it.
    WHERE o.term IS NULL
),
term_ratings AS (
    SELECT r.term, avg(r.rating) AS rating
    FROM (SELECT DISTINCT n.term, n.comment, n.rating FROM sentence_terms n) r
    GROUP BY r.term
)
SELECT CAST(row_number() OVER best AS INTEGER) AS rank, b.term AS aspect, b.mentions,
       b.mentions / b.comments AS share, r.rating, b.item_rating, b.typical, b.critical
FROM kept b
JOIN term_ratings r ON r.term = b.term
WINDOW best AS (ORDER BY b.mentions * b.weight DESC, b.term)
QUALIFY row_number() OVER best <= coalesce(mmsql._positive_integer(k), 5)
ORDER BY rank;
