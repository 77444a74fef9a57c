-- The parts of the scores behind explain and explain_each: one formula for both, and that of _ranked.
--
-- Of the comments on an item, the sentence that matters most is the one with the highest cosine between the tf-idf of
-- its terms and that of the comments on the evidence item, or on the latest 20 items of the user's history, which count
-- alike; times n / (n + 2) for n terms, as centrality has it in _item_sentences. The latest 50 comments of each item are
-- read, and sentences of at most 300 characters.
--
-- Parameters
--   pairs            a list of structs: user_id, item_id
--   users            a list of the user ids in them
-- Returns
--   user_id          the user, in the type of interactions; NULL for an id that cannot be one
--   item_id          the item
--   modality, evidence_item, evidence, contribution, sentence    as in explain
CREATE MACRO mmsql._reasons(pairs, users) AS TABLE
WITH target AS MATERIALIZED (
    SELECT DISTINCT a.user_id, c.item_id, c.place, c.bias, c.events, a.model, a.vector_weight
    FROM (
        SELECT TRY(cast_to_type(g.user_id, d.no_user)) AS user_id, TRY(cast_to_type(g.item_id, d.no_item)) AS item_id,
               d.model, d.vector_weight
        FROM (SELECT unnest(pairs, recursive := true)) g
        CROSS JOIN mmsql._deployed() d
    ) a
    JOIN mmsql.serving c ON c.item_id = a.item_id
),
history AS MATERIALIZED (
    SELECT h.visitor, h.user_id, h.item_id, h.ts, h.weight, h.model FROM mmsql._history('users', users, NULL) h
),
ways AS MATERIALIZED (
    -- What of the history leads to the item: the edges of a few items are read, which lie together, and not all of them.
    SELECT t.user_id, t.item_id AS target_item, h.item_id, h.weight, t.model
    FROM target t
    JOIN history h ON h.user_id = t.user_id AND h.weight > 0
    JOIN mmsql.serving s ON s.item_id = h.item_id
    WHERE list_contains(s.neighbors, t.place)
),
by_edges AS (
    SELECT y.user_id, y.target_item AS item_id, e.modality, y.item_id AS evidence_item, CAST(NULL AS VARCHAR) AS said,
           y.weight * e.weight AS contribution
    FROM ways y
    JOIN mmsql.item_edges e ON e.model = y.model AND e.item_id = y.item_id AND e.neighbor_id = y.target_item
),
by_vectors AS (
    SELECT t.user_id, t.item_id, 'fused' AS modality, NULL AS evidence_item,
           'fits the taste the model learned from the whole history' AS said,
           t.vector_weight * list_dot_product(v.vector, w.vector) AS contribution
    FROM target t
    JOIN mmsql.user_vectors v ON v.model = t.model AND v.user_id = t.user_id
    JOIN mmsql.serving w ON w.item_id = t.item_id
    WHERE t.vector_weight <> 0 AND w.vector IS NOT NULL
),
by_attributes AS (
    SELECT t.user_id, t.item_id, 'user_attribute' AS modality, NULL AS evidence_item,
           'wanted by users with ' || e.attribute || CASE
               WHEN e.low IS NULL THEN ' = ' || e.value
               WHEN isinf(e.low) THEN ' below ' || regexp_extract(e.value, ', (.*)\)', 1)
               WHEN isinf(e.high) THEN ' from ' || regexp_extract(e.value, '\[(.*),', 1)
               ELSE ' from ' || regexp_replace(e.value, '\[(.*), (.*)\)', '\1 to below \2')
           END AS said,
           e.weight AS contribution
    FROM mmsql._user_edges((
        SELECT list({'visitor': c.visitor, 'user_id': c.user_id, 'model': c.model}) FROM history c WHERE c.item_id IS NULL
    )) e
    JOIN history h ON h.visitor = e.visitor
    JOIN target t ON t.user_id = h.user_id AND t.item_id = e.item_id
),
by_popularity AS (
    SELECT t.user_id, t.item_id, 'popularity' AS modality, NULL AS evidence_item,
           CAST(t.events AS VARCHAR) || ' events in training' AS said, t.bias AS contribution
    FROM target t
),
parts AS MATERIALIZED (
    FROM query(
        'FROM by_edges UNION ALL FROM by_popularity'
        || CASE WHEN mmsql._serves('user_vectors') THEN ' UNION ALL FROM by_vectors' ELSE '' END
        || CASE WHEN mmsql._serves('user_edges') THEN ' UNION ALL FROM by_attributes' ELSE '' END
    )
),
liked AS MATERIALIZED (
    SELECT h.user_id, h.item_id
    FROM history h
    WHERE h.item_id IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY h.user_id ORDER BY h.ts DESC NULLS LAST, h.item_id) <= 20
),
alike AS MATERIALIZED (
    SELECT DISTINCT p.item_id, p.evidence_item FROM parts p WHERE p.modality IN ('comment', 'text')
),
heard AS MATERIALIZED (
    SELECT n.item_id, n.place, n.sentence, n.term, n.part, n.terms, n.centrality
    FROM mmsql._item_sentences((
        SELECT list(DISTINCT x.item_id)
        FROM (
            SELECT t.item_id FROM target t
            UNION ALL SELECT l.item_id FROM liked l
            UNION ALL SELECT a.evidence_item FROM alike a
        ) x
    ), 50) n
),
profiles AS MATERIALIZED (
    SELECT c.item_id, c.term, c.part / sqrt(sum(c.part * c.part) OVER (PARTITION BY c.item_id)) AS part
    FROM (SELECT h.item_id, h.term, sum(h.part) AS part FROM heard h GROUP BY h.item_id, h.term) c
),
tastes AS MATERIALIZED (
    SELECT l.user_id, p.term, sum(p.part) AS part
    FROM liked l
    JOIN profiles p ON p.item_id = l.item_id
    GROUP BY l.user_id, p.term
),
spoken AS MATERIALIZED (
    SELECT h.item_id, h.place, h.term, h.part * h.terms / (h.terms + 2) AS part, h.centrality
    FROM heard h
    WHERE length(h.sentence) <= 300
),
-- Materialized before profiles are joined: the planner would pair all sentences with all profiles that share a term.
asked AS MATERIALIZED (
    SELECT a.item_id, a.evidence_item, s.place, s.term, s.part, s.centrality
    FROM alike a
    JOIN spoken s ON s.item_id = a.item_id
),
nearest AS (
    SELECT a.item_id, a.evidence_item, a.place, any_value(a.centrality) AS centrality, sum(a.part * p.part) AS closeness
    FROM asked a
    JOIN profiles p ON p.item_id = a.evidence_item AND p.term = a.term
    GROUP BY a.item_id, a.evidence_item, a.place
),
fitting AS (
    SELECT t.user_id, t.item_id, s.place, any_value(s.centrality) AS centrality,
           sum(s.part * coalesce(p.part, 0)) AS closeness
    FROM target t
    JOIN spoken s ON s.item_id = t.item_id
    LEFT JOIN tastes p ON p.user_id = t.user_id AND p.term = s.term
    GROUP BY t.user_id, t.item_id, s.place
),
best AS (
    SELECT NULL AS user_id, x.item_id, x.evidence_item, arg_max(x.place, (x.closeness, x.centrality, -x.place)) AS place
    FROM nearest x
    GROUP BY x.item_id, x.evidence_item
    UNION ALL
    SELECT x.user_id, x.item_id, NULL AS evidence_item, arg_max(x.place, (x.closeness, x.centrality, -x.place)) AS place
    FROM fitting x
    GROUP BY x.user_id, x.item_id
),
quoted AS (
    SELECT b.user_id, b.item_id, b.evidence_item, h.sentence
    FROM best b
    JOIN (SELECT x.place, any_value(x.sentence) AS sentence FROM heard x GROUP BY x.place) h ON h.place = b.place
),
titles AS (
    SELECT i.item_id, any_value(i.title) AS title
    FROM mmsql.items i
    JOIN (SELECT DISTINCT p.evidence_item FROM parts p) x ON x.evidence_item = i.item_id
    GROUP BY i.item_id
)
SELECT p.user_id, p.item_id, p.modality, p.evidence_item,
       coalesce(p.said, CASE p.modality
           WHEN 'behavior' THEN 'wanted by users who had '
           WHEN 'ease' THEN 'wanted together with '
           WHEN 'comment' THEN 'comments read like those on '
           WHEN 'text' THEN 'described like '
           WHEN 'image' THEN 'looks like '
           WHEN 'attribute' THEN 'shares attributes with '
           WHEN 'relation' THEN 'related to '
           WHEN 'alike' THEN 'items like it were wanted by users who had '
           ELSE 'similar to '
       END || coalesce(i.title, CAST(p.evidence_item AS VARCHAR))) AS evidence,
       p.contribution,
       CASE WHEN p.evidence_item IS NULL OR p.modality IN ('comment', 'text') THEN q.sentence END AS sentence
FROM parts p
LEFT JOIN titles i ON i.item_id = p.evidence_item
LEFT JOIN quoted q
  ON q.item_id = p.item_id AND q.evidence_item IS NOT DISTINCT FROM p.evidence_item
 AND q.user_id IS NOT DISTINCT FROM CASE WHEN p.evidence_item IS NULL THEN p.user_id END;
