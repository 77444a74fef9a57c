-- The sentences of an item's comments with the terms in them: a row a sentence and term, of its latest 300 comments.
-- A sentence is a vector of the tf-idf of its terms, scaled to length 1; centrality is its mean cosine with all
-- sentences of the item (degree centrality as in LexRank, Erkan & Radev 2004, with no threshold), times n / (n + 2) for n
-- terms, since a heading of one word has the highest cosines and says the least.
CREATE MACRO mmsql._item_sentences(target_item) AS TABLE
WITH asked AS (
    -- A column, not the parameter itself: TRY takes no subquery, and the parameter may be one.
    SELECT TRY(cast_to_type(g.item_id, t.item_id)) AS item_id
    FROM (SELECT target_item AS item_id) g
    LEFT JOIN (SELECT k.item_id FROM mmsql.comments k LIMIT 0) t ON true
),
said AS MATERIALIZED (
    SELECT row_number() OVER latest AS comment, k.item_id, k.body, k.rating, k.ts
    FROM mmsql.comments k
    JOIN asked a ON a.item_id = k.item_id
    WHERE trim(k.body) <> ''
    WINDOW latest AS (ORDER BY k.ts DESC NULLS LAST, md5(k.body), k.user_id)
    QUALIFY row_number() OVER latest <= 300
),
totals AS (
    SELECT any_value(s.item_id) AS item_id, count(*) AS comments, avg(s.rating) AS rating FROM said s
),
parts AS (
    -- A full stop ends a sentence where a space follows, so that 3.5 stays whole; those of Chinese always do.
    SELECT s.comment, s.rating, s.ts, generate_subscripts(l.parts, 1) AS part, trim(unnest(l.parts)) AS sentence
    FROM said s
    CROSS JOIN LATERAL (
        SELECT regexp_extract_all(s.body, '(?:[^.!?。！？；\n]|[.!?]+[^\s.!?。！？；])+[.!?。！？；]*') AS parts
    ) l
),
sentences AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY p.comment, p.part) AS place, p.comment, p.rating, p.ts, p.sentence,
           regexp_extract_all(lower(p.sentence), '\p{L}+(?:[''’]\p{L}+)?') AS words
    FROM parts p
    WHERE p.sentence <> ''
),
vocabulary AS MATERIALIZED (
    SELECT t.term, ln(1 / t.share) AS weight, regexp_matches(t.term, '\p{Han}') AS unspaced
    FROM mmsql._deployed() d
    JOIN mmsql.comment_terms t ON t.model = d.model
),
grams AS (
    SELECT DISTINCT g.place, unnest(g.words || list_transform(
        range(1, len(g.words)), lambda n: g.words[n] || ' ' || g.words[n + 1]
    )) AS term
    FROM sentences g
),
mentions AS (
    SELECT g.place, g.term, v.weight
    FROM grams g
    JOIN vocabulary v ON v.term = g.term AND NOT v.unspaced
    UNION ALL
    SELECT s.place, v.term, v.weight
    FROM sentences s
    JOIN vocabulary v ON v.unspaced AND contains(s.sentence, v.term)
),
scaled AS MATERIALIZED (
    SELECT m.place, m.term, m.weight, m.weight / sqrt(sum(m.weight * m.weight) OVER (PARTITION BY m.place)) AS part
    FROM mentions m
),
center AS (
    SELECT c.term, sum(c.part) / (SELECT count(*) FROM sentences) AS part FROM scaled c GROUP BY c.term
)
SELECT o.item_id, o.comments, o.rating AS item_rating, s.place, s.comment, s.sentence, s.rating, s.ts, m.term, m.weight, m.part,
       sum(m.part * c.part) OVER (PARTITION BY s.place) * count(*) OVER (PARTITION BY s.place)
           / (count(*) OVER (PARTITION BY s.place) + 2) AS centrality
FROM scaled m
JOIN center c ON c.term = m.term
JOIN sentences s ON s.place = m.place
CROSS JOIN totals o;
