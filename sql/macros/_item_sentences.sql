-- The sentences of comments on items with the terms in them: a row a sentence and term.
-- A sentence is a vector of the tf-idf of its terms, scaled to length 1; centrality is its mean cosine with all
-- sentences of the item (degree centrality as in LexRank, Erkan & Radev 2004, with no threshold), times n / (n + 2) for n
-- terms, since a heading of one word has the highest cosines and says the least.
--
-- Parameters
--   target_items   a list of item ids
--   latest         how many comments of each are read
CREATE MACRO mmsql._item_sentences(target_items, latest) AS TABLE
WITH asked AS (
    SELECT DISTINCT TRY(cast_to_type(g.item_id, t.item_id)) AS item_id
    FROM (SELECT unnest(target_items) AS item_id) g
    LEFT JOIN (SELECT k.item_id FROM mmsql.comments k LIMIT 0) t ON true
),
said AS MATERIALIZED (
    SELECT row_number() OVER newest AS comment, k.item_id, k.body, k.rating, k.ts
    FROM mmsql.comments k
    JOIN asked a ON a.item_id = k.item_id
    WHERE trim(k.body) <> ''
    WINDOW newest AS (PARTITION BY k.item_id ORDER BY k.ts DESC NULLS LAST, md5(k.body), k.user_id)
    QUALIFY row_number() OVER newest <= latest
),
totals AS (
    SELECT s.item_id, count(*) AS comments, avg(s.rating) AS rating FROM said s GROUP BY s.item_id
),
parts AS (
    -- A full stop ends a sentence where a space follows, so that 3.5 stays whole; those of Chinese always do.
    SELECT s.item_id, s.comment, s.rating, s.ts, generate_subscripts(l.parts, 1) AS part, trim(unnest(l.parts)) AS sentence
    FROM said s
    CROSS JOIN LATERAL (
        SELECT regexp_extract_all(s.body, '(?:[^.!?。！？；\n]|[.!?]+[^\s.!?。！？；])+[.!?。！？；]*') AS parts
    ) l
),
sentences AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY p.item_id, p.comment, p.part) AS place, p.item_id, p.comment, p.rating, p.ts,
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
    SELECT g.place, unnest(g.words || list_transform(
        range(1, len(g.words)), lambda n: g.words[n] || ' ' || g.words[n + 1]
    )) AS term
    FROM sentences g
),
mentions AS (
    SELECT DISTINCT g.place, g.term, v.weight
    FROM grams g
    JOIN vocabulary v ON v.term = g.term AND NOT v.unspaced
    UNION ALL
    SELECT s.place, v.term, v.weight
    FROM sentences s
    JOIN vocabulary v ON v.unspaced AND contains(s.sentence, v.term)
),
scaled AS MATERIALIZED (
    -- Materialized with the item, or the joins below pair all terms of an item with each other first.
    SELECT s.item_id, m.place, m.term, m.weight,
           m.weight / sqrt(sum(m.weight * m.weight) OVER (PARTITION BY m.place)) AS part
    FROM mentions m
    JOIN sentences s ON s.place = m.place
),
center AS MATERIALIZED (
    SELECT c.item_id, c.term, sum(c.part) / any_value(n.sentences) AS part
    FROM scaled c
    JOIN (SELECT x.item_id, count(*) AS sentences FROM sentences x GROUP BY x.item_id) n ON n.item_id = c.item_id
    GROUP BY c.item_id, c.term
),
central AS MATERIALIZED (
    SELECT m.item_id, m.place, m.term, m.weight, m.part, count(*) OVER (PARTITION BY m.place) AS terms,
           sum(m.part * c.part) OVER (PARTITION BY m.place) AS cosine
    FROM scaled m
    JOIN center c ON c.item_id = m.item_id AND c.term = m.term
)
SELECT m.item_id, o.comments, o.rating AS item_rating, m.place, s.comment, s.sentence, s.rating, s.ts, m.term, m.weight,
       m.part, m.terms, m.cosine * m.terms / (m.terms + 2) AS centrality
FROM central m
JOIN sentences s ON s.place = m.place
JOIN totals o ON o.item_id = m.item_id;
