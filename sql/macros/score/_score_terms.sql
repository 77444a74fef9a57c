-- The terms of the score: the one place where they are computed. Lists, explanations and audiences add them up.
--
--     score(u, i) = Σ over u's history j of weight(j) · edge(j → i)  +  vector_weight · ⟨u, i⟩
--                   +  Σ over u's attribute values v of weight(v → i)  +  bias(i)
--
-- Only a visitor without history has attribute terms. _score adds the bias of the item.
--
-- Parameters
--   history          name of a step of the calling query, with columns of _history: visitor, user_id, item_id, weight,
--                    model, vector_weight
--   pairs            NULL for the terms of all items. Or the name of a step of the calling query with the columns
--                    visitor and item_id: edge and vector terms are then computed only for these pairs, attribute terms
--                    still for all items
--   by_modality      a constant. true: one term per edge and modality; pairs must then be given. false: all edges
--                    between the same two items are one term
--   with_vectors     a constant: whether vector terms are included
-- Returns
--   visitor          of the step history
--   popularity_rank  INTEGER, the item, numbered as in mmsql.serving
--   edge             DOUBLE; one of edge, vector and attribute is the term, the other two are 0
--   vector           DOUBLE
--   attribute        DOUBLE
--   modality         VARCHAR, of the term; NULL for edges without by_modality
--   evidence_item    the item of the history that the edge leaves; NULL without pairs
--   evidence         VARCHAR, the reason in words; NULL for edges
CREATE MACRO mmsql._score_terms(history, pairs, by_modality, with_vectors) AS TABLE
WITH all_edges AS (
    SELECT h.visitor, unnest(s.neighbors) AS popularity_rank, h.weight AS event_weight, unnest(s.weights) AS edge_weight,
           NULL AS modality, NULL AS evidence_item
    FROM query_table(history) h
    JOIN mmsql.serving s ON s.item_id = h.item_id
    WHERE h.weight > 0
),
linked_pairs AS MATERIALIZED (
    SELECT p.visitor, i.popularity_rank, h.weight AS event_weight,
           s.weights[list_position(s.neighbors, i.popularity_rank)] AS edge_weight, NULL AS modality,
           h.item_id AS evidence_item, p.item_id, h.model
    FROM query_table(coalesce(pairs, history)) p
    JOIN mmsql.serving i ON i.item_id = p.item_id
    JOIN query_table(history) h ON h.visitor = p.visitor AND h.weight > 0
    JOIN mmsql.serving s ON s.item_id = h.item_id
    WHERE list_contains(s.neighbors, i.popularity_rank)
),
modality_edges AS (
    -- From the pairs with an edge, so that DuckDB reads the edges of their few items only.
    SELECT l.visitor, l.popularity_rank, l.event_weight, e.weight AS edge_weight, e.modality, l.evidence_item
    FROM linked_pairs l
    JOIN mmsql.item_edges e ON e.model = l.model AND e.item_id = l.evidence_item AND e.neighbor_id = l.item_id
),
edge_terms AS (
    SELECT e.visitor, e.popularity_rank, e.event_weight * e.edge_weight AS edge, 0.0 AS vector, 0.0 AS attribute,
           e.modality, e.evidence_item, CAST(NULL AS VARCHAR) AS evidence
    FROM query(CASE
        WHEN by_modality THEN 'FROM modality_edges' WHEN pairs IS NULL THEN 'FROM all_edges' ELSE 'FROM linked_pairs'
    END) e
),
visitor_vectors AS (
    SELECT v.visitor, v.vector_weight, u.vector
    FROM (SELECT DISTINCT h.visitor, h.user_id, h.model, h.vector_weight FROM query_table(history) h) v
    JOIN mmsql.user_vectors u ON u.model = v.model AND u.user_id = v.user_id
    WHERE v.vector_weight <> 0
),
all_vectors AS (
    -- An item without a vector has the term 0: it competes by its bias.
    SELECT v.visitor, s.popularity_rank, v.vector_weight, v.vector AS user_vector, s.vector AS item_vector
    FROM visitor_vectors v
    CROSS JOIN mmsql.serving s
),
pair_vectors AS (
    SELECT v.visitor, s.popularity_rank, v.vector_weight, v.vector AS user_vector, s.vector AS item_vector
    FROM query_table(coalesce(pairs, history)) p
    JOIN visitor_vectors v ON v.visitor = p.visitor
    JOIN mmsql.serving s ON s.item_id = p.item_id
    WHERE s.vector IS NOT NULL
),
vector_terms AS (
    SELECT v.visitor, v.popularity_rank, 0.0 AS edge,
           coalesce(v.vector_weight * list_dot_product(v.user_vector, v.item_vector), 0) AS vector, 0.0 AS attribute,
           'fused' AS modality, NULL AS evidence_item,
           'fits the taste the model learned from the whole history' AS evidence
    FROM query(CASE WHEN pairs IS NULL THEN 'FROM all_vectors' ELSE 'FROM pair_vectors' END) v
),
attribute_terms AS (
    SELECT e.visitor, s.popularity_rank, 0.0 AS edge, 0.0 AS vector, e.weight AS attribute,
           'user_attribute' AS modality, NULL AS evidence_item, e.evidence
    FROM mmsql._user_edges((
        SELECT list(h) FROM query_table(history) h WHERE h.item_id IS NULL AND h.user_id IS NOT NULL
    )) e
    JOIN mmsql.serving s ON s.item_id = e.item_id
)
FROM query(
    'FROM edge_terms'
    || CASE WHEN with_vectors AND mmsql._model_has('user_vectors') THEN ' UNION ALL FROM vector_terms' ELSE '' END
    || CASE WHEN mmsql._model_has('user_edges') THEN ' UNION ALL FROM attribute_terms' ELSE '' END
);
