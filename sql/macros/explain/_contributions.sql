-- The contributions to the scores of pairs of a user and an item, for explain and explain_each: the terms of
-- _score_terms, and the bias.
-- A contribution may quote a sentence from the comments on the item. Each sentence has a tf-idf vector. The sentence
-- with the highest cosine to the comments on the evidence item is quoted. Without an evidence item, the sentences are
-- compared with the comments on the user's latest items; each item has the same weight. The cosine is multiplied by
-- n / (n + 2) for n terms, like centrality in _item_sentences. Only recent comments and short sentences are read:
-- _comments_per_reason, _max_sentence_length.
--
-- Parameters
--   pairs            a list of structs: user_id, item_id
--   users            a list of the user ids in them
-- Returns
--   user_id          the user, in the type of interactions; NULL for an id that cannot be of that type
--   item_id          the item
--   modality, evidence_item, evidence, contribution, sentence    as in explain
CREATE MACRO mmsql._contributions(pairs, users) AS TABLE
WITH history AS MATERIALIZED (
    SELECT h.visitor, h.user_id, h.item_id, h.ts, h.weight, h.model, h.vector_weight
    FROM mmsql._history('users', users, NULL) h
),
items AS MATERIALIZED (
    SELECT v.visitor, p.user_id, s.item_id, s.popularity_rank, s.bias, s.events
    FROM (
        SELECT DISTINCT TRY(cast_to_type(g.user_id, d.null_user_id)) AS user_id,
               TRY(cast_to_type(g.item_id, d.null_item_id)) AS item_id
        FROM (SELECT unnest(pairs, recursive := true)) g
        CROSS JOIN mmsql._deployed() d
    ) p
    JOIN mmsql.serving s ON s.item_id = p.item_id
    LEFT JOIN (SELECT h.user_id, min(h.visitor) AS visitor FROM history h GROUP BY h.user_id) v ON v.user_id = p.user_id
),
contributions AS MATERIALIZED (
    SELECT i.user_id, i.item_id, t.modality, t.evidence_item, t.evidence, t.edge + t.vector + t.attribute AS contribution
    FROM mmsql._score_terms('history', 'items', true, true) t
    JOIN items i ON i.visitor = t.visitor AND i.popularity_rank = t.popularity_rank
    UNION ALL
    SELECT i.user_id, i.item_id, 'popularity' AS modality, NULL AS evidence_item,
           CAST(i.events AS VARCHAR) || ' events in training' AS evidence, i.bias AS contribution
    FROM items i
),
latest_items AS MATERIALIZED (
    SELECT h.user_id, h.item_id
    FROM history h
    WHERE h.item_id IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY h.user_id ORDER BY h.ts DESC NULLS LAST, h.item_id) <= mmsql._latest_items()
),
text_evidence AS MATERIALIZED (
    SELECT DISTINCT c.item_id, c.evidence_item FROM contributions c WHERE c.modality IN ('comment', 'text')
),
sentence_terms AS MATERIALIZED (
    SELECT s.item_id, s.position, s.sentence, s.term, s.component, s.terms, s.centrality
    FROM mmsql._item_sentences((
        SELECT list(DISTINCT x.item_id)
        FROM (
            SELECT i.item_id FROM items i
            UNION ALL SELECT l.item_id FROM latest_items l
            UNION ALL SELECT e.evidence_item FROM text_evidence e
        ) x
    ), mmsql._comments_per_reason()) s
),
item_profiles AS MATERIALIZED (
    SELECT p.item_id, p.term, p.component / sqrt(sum(p.component * p.component) OVER (PARTITION BY p.item_id)) AS component
    FROM (
        SELECT s.item_id, s.term, sum(s.component) AS component FROM sentence_terms s GROUP BY s.item_id, s.term
    ) p
),
user_profiles AS MATERIALIZED (
    SELECT l.user_id, p.term, sum(p.component) AS component
    FROM latest_items l
    JOIN item_profiles p ON p.item_id = l.item_id
    GROUP BY l.user_id, p.term
),
short_sentences AS MATERIALIZED (
    SELECT s.item_id, s.position, s.term, s.component * s.terms / (s.terms + 2) AS component, s.centrality
    FROM sentence_terms s
    WHERE length(s.sentence) <= mmsql._max_sentence_length()
),
-- Materialized before item_profiles is joined: the planner would pair all sentences with all profiles that share a term.
evidence_sentences AS MATERIALIZED (
    SELECT e.item_id, e.evidence_item, s.position, s.term, s.component, s.centrality
    FROM text_evidence e
    JOIN short_sentences s ON s.item_id = e.item_id
),
item_similarities AS (
    SELECT s.item_id, s.evidence_item, s.position, round(any_value(s.centrality), mmsql._score_decimals()) AS centrality,
           round(sum(s.component * p.component), mmsql._score_decimals()) AS similarity
    FROM evidence_sentences s
    JOIN item_profiles p ON p.item_id = s.evidence_item AND p.term = s.term
    GROUP BY s.item_id, s.evidence_item, s.position
),
user_similarities AS (
    SELECT i.user_id, i.item_id, s.position, round(any_value(s.centrality), mmsql._score_decimals()) AS centrality,
           round(sum(s.component * coalesce(p.component, 0)), mmsql._score_decimals()) AS similarity
    FROM items i
    JOIN short_sentences s ON s.item_id = i.item_id
    LEFT JOIN user_profiles p ON p.user_id = i.user_id AND p.term = s.term
    GROUP BY i.user_id, i.item_id, s.position
),
best_positions AS (
    SELECT NULL AS user_id, x.item_id, x.evidence_item,
           arg_max(x.position, (x.similarity, x.centrality, -x.position)) AS position
    FROM item_similarities x
    GROUP BY x.item_id, x.evidence_item
    UNION ALL
    SELECT x.user_id, x.item_id, NULL AS evidence_item,
           arg_max(x.position, (x.similarity, x.centrality, -x.position)) AS position
    FROM user_similarities x
    GROUP BY x.user_id, x.item_id
),
best_sentences AS (
    SELECT b.user_id, b.item_id, b.evidence_item, s.sentence
    FROM best_positions b
    JOIN (
        SELECT x.position, any_value(x.sentence) AS sentence FROM sentence_terms x GROUP BY x.position
    ) s ON s.position = b.position
),
titles AS (
    SELECT i.item_id, any_value(i.title) AS title
    FROM mmsql.items i
    JOIN (SELECT DISTINCT c.evidence_item FROM contributions c) x ON x.evidence_item = i.item_id
    GROUP BY i.item_id
)
SELECT c.user_id, c.item_id, c.modality, c.evidence_item,
       coalesce(c.evidence, CASE c.modality
           WHEN 'behavior' THEN 'wanted by users who had '
           WHEN 'ease' THEN 'wanted together with '
           WHEN 'comment' THEN 'comments read like those on '
           WHEN 'text' THEN 'described like '
           WHEN 'image' THEN 'looks like '
           WHEN 'attribute' THEN 'shares attributes with '
           WHEN 'relation' THEN 'related to '
           WHEN 'alike' THEN 'items like it were wanted by users who had '
           ELSE 'similar to '
       END || coalesce(t.title, CAST(c.evidence_item AS VARCHAR))) AS evidence,
       c.contribution,
       CASE WHEN c.evidence_item IS NULL OR c.modality IN ('comment', 'text') THEN s.sentence END AS sentence
FROM contributions c
LEFT JOIN titles t ON t.item_id = c.evidence_item
LEFT JOIN best_sentences s
  ON s.item_id = c.item_id AND s.evidence_item IS NOT DISTINCT FROM c.evidence_item
 AND s.user_id IS NOT DISTINCT FROM CASE WHEN c.evidence_item IS NULL THEN c.user_id END;
