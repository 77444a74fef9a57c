-- What the comments on an item talk about: its aspects, by how often they are named here and how seldom elsewhere, with
-- how those who name one rate the item, a typical sentence and a critical one. Read live from the latest 300 comments.
--
-- Parameters
--   target_item      an item id
--   k                how many aspects, at least 1
-- Returns
--   rank             INTEGER, from 1
--   aspect           VARCHAR: a word or two that at least two comments on the item name, and its title does not
--   mentions         BIGINT, comments that name it
--   share            DOUBLE, of the comments that are read
--   rating           DOUBLE, mean rating of these comments
--   item_rating      DOUBLE, mean rating of all comments that are read
--   typical          VARCHAR: of the sentences that name it, the one most like all the item's sentences
--   critical         VARCHAR: likewise, from the comment with the lowest rating, where it is below the mean
-- Example
--   FROM mmsql.aspects('P0001', k := 5);
CREATE MACRO mmsql.aspects(target_item, k := 5) AS TABLE
WITH named AS MATERIALIZED (
    SELECT n.*
    FROM mmsql._item_sentences([target_item], 300) n
    WHERE error(mmsql._wrong_length(k)) IS NULL
),
terms AS MATERIALIZED (
    SELECT n.term, any_value(n.item_id) AS item_id, count(DISTINCT n.comment) AS mentions,
           any_value(n.weight) AS weight, any_value(n.comments) AS comments, any_value(n.item_rating) AS item_rating,
           arg_max(n.sentence, (n.centrality, -n.place)) AS typical,
           arg_max(n.sentence, (-n.rating, n.centrality, -n.place)) FILTER (n.rating < n.item_rating) AS critical
    FROM named n
    GROUP BY n.term
    HAVING count(DISTINCT n.comment) >= 2
),
left_out AS (
    -- "battery" is left to "battery life" where it is mostly said so.
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
    LEFT JOIN left_out o ON o.term = t.term  -- No anti join: it cannot stand under LATERAL.
    WHERE o.term IS NULL
),
rated AS (
    SELECT r.term, avg(r.rating) AS rating
    FROM (SELECT DISTINCT n.term, n.comment, n.rating FROM named n) r
    GROUP BY r.term
)
SELECT CAST(row_number() OVER best AS INTEGER) AS rank, b.term AS aspect, b.mentions,
       b.mentions / b.comments AS share, r.rating, b.item_rating, b.typical, b.critical
FROM kept b
JOIN rated r ON r.term = b.term
WINDOW best AS (ORDER BY b.mentions * b.weight DESC, b.term)
QUALIFY row_number() OVER best <= coalesce(mmsql._whole(k), 5)
ORDER BY rank;
