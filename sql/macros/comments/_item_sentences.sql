-- The sentences of the comments on items, with their terms: one row per sentence and term.
-- A sentence is a vector of the tf-idf weights of its terms, scaled to length 1. Centrality is the mean cosine with all
-- sentences of the item (degree centrality of LexRank, Erkan and Radev 2004, without a threshold), times n / (n + 2)
-- for n terms. The factor n / (n + 2) lowers short sentences: a one-word heading has the highest cosines but says
-- least.
--
-- Parameters
--   target_items   a list of item ids
--   latest         number of latest comments to read per item
-- Returns
--   item_id        the item
--   comments       BIGINT, comments read
--   item_rating    DOUBLE, mean rating of these comments
--   position       BIGINT, a number for each sentence
--   comment        BIGINT, position of the comment, from 1 for the latest
--   sentence       VARCHAR
--   rating         DOUBLE, of the comment
--   ts             TIMESTAMP, of the comment
--   term           VARCHAR
--   weight         DOUBLE, inverse document frequency of the term
--   component      DOUBLE, of the vector of the sentence
--   terms          BIGINT, terms of the sentence
--   centrality     DOUBLE, of the sentence
CREATE MACRO mmsql._item_sentences(target_items, latest) AS TABLE
WITH asked AS (
    SELECT DISTINCT TRY(cast_to_type(g.item_id, t.item_id)) AS item_id
    FROM (SELECT unnest(target_items) AS item_id) g
    LEFT JOIN (SELECT k.item_id FROM mmsql.comments k LIMIT 0) t ON true
),
latest_comments AS MATERIALIZED (
    SELECT row_number() OVER newest AS comment, k.item_id, k.body, k.rating, k.ts
    FROM mmsql.comments k
    JOIN asked a ON a.item_id = k.item_id
    WHERE trim(k.body) <> ''
    WINDOW newest AS (PARTITION BY k.item_id ORDER BY k.ts DESC NULLS LAST, md5(k.body), k.user_id)
    QUALIFY row_number() OVER newest <= latest
),
totals AS (
    SELECT c.item_id, count(*) AS comments, avg(c.rating) AS rating FROM latest_comments c GROUP BY c.item_id
),
parts AS (
    -- A full stop ends a sentence only before a space, so that 3.5 is not split. A Chinese full stop always does. Closing
    -- quotation marks and brackets behind it belong to the sentence.
    SELECT c.item_id, c.comment, c.rating, c.ts, generate_subscripts(l.parts, 1) AS part, trim(unnest(l.parts)) AS sentence
    FROM latest_comments c
    CROSS JOIN LATERAL (
        SELECT regexp_extract_all(
            c.body, '(?:[^.!?。！？；\n]|[.!?]+[^\s.!?。！？；"”’)\]])+[.!?。！？；]*["”’」』）)\]]*'
        ) AS parts
    ) l
),
sentences AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY p.item_id, p.comment, p.part) AS position, p.item_id, p.comment, p.rating, p.ts,
           p.sentence, regexp_extract_all(lower(p.sentence), '\p{L}+(?:[''’]\p{L}+)?') AS words
    FROM parts p
    WHERE p.sentence <> ''
),
vocabulary AS MATERIALIZED (
    SELECT t.term, ln(1 / t.share) AS weight, regexp_matches(t.term, '\p{Han}') AS unspaced
    FROM mmsql._deployed() d
    JOIN mmsql.comment_terms t ON t.model = d.model
),
grams AS (
    SELECT g.position, unnest(g.words || list_transform(
        range(1, len(g.words)), lambda n: g.words[n] || ' ' || g.words[n + 1]
    )) AS term
    FROM sentences g
),
mentions AS (
    SELECT DISTINCT g.position, g.term, v.weight
    FROM grams g
    JOIN vocabulary v ON v.term = g.term AND NOT v.unspaced
    UNION ALL
    SELECT s.position, v.term, v.weight
    FROM sentences s
    JOIN vocabulary v ON v.unspaced AND contains(s.sentence, v.term)
),
components AS MATERIALIZED (
    -- Materialized with the item: otherwise the joins below first pair all terms of an item with each other.
    SELECT s.item_id, m.position, m.term, m.weight,
           m.weight / sqrt(sum(m.weight * m.weight) OVER (PARTITION BY m.position)) AS component
    FROM mentions m
    JOIN sentences s ON s.position = m.position
),
mean_sentence AS MATERIALIZED (
    SELECT c.item_id, c.term, sum(c.component) / any_value(n.sentences) AS component
    FROM components c
    JOIN (SELECT x.item_id, count(*) AS sentences FROM sentences x GROUP BY x.item_id) n ON n.item_id = c.item_id
    GROUP BY c.item_id, c.term
),
cosines AS MATERIALIZED (
    SELECT m.item_id, m.position, m.term, m.weight, m.component, count(*) OVER (PARTITION BY m.position) AS terms,
           sum(m.component * c.component) OVER (PARTITION BY m.position) AS cosine
    FROM components m
    JOIN mean_sentence c ON c.item_id = m.item_id AND c.term = m.term
)
SELECT m.item_id, o.comments, o.rating AS item_rating, m.position, s.comment, s.sentence, s.rating, s.ts, m.term, m.weight,
       m.component, m.terms, m.cosine * m.terms / (m.terms + 2) AS centrality
FROM cosines m
JOIN sentences s ON s.position = m.position
JOIN totals o ON o.item_id = m.item_id;
