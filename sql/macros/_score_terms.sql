-- The terms of the score: the one place where they are computed. Lists, explanations and audiences add them up.
--
--     score(u, i) = Σ over u's history j of weight(j) · edge(j → i)  +  vector_weight · ⟨u, i⟩
--                   +  Σ over u's attribute values v of weight(v → i)  +  bias(i)
--
-- Only a visitor without history has attribute terms. _score adds the bias of the item.
--
-- Parameters
--   history          name of a step of the calling query, with the columns of _history
--   items            name of a step of the calling query, one row per visitor and item to score: visitor, user_id, model,
--                    vector_weight, item_id, popularity_rank, vector
--   by_modality      a constant. false: one edge term per item of the history, over all modalities, also for items that
--                    are not in the step items. true: one per item of the history and modality
-- Returns
--   visitor          of the step history
--   popularity_rank  INTEGER, the item, numbered as in mmsql.serving
--   edge             DOUBLE; one of edge, vector and attribute is the term, the other two are 0
--   vector           DOUBLE
--   attribute        DOUBLE
--   modality         VARCHAR, of the term; NULL for edges over all modalities
--   evidence_item    the item of the history that the edge leaves, if by_modality
--   evidence         VARCHAR, the reason in words; NULL for edges
CREATE MACRO mmsql._score_terms(history, items, by_modality) AS TABLE
WITH summed_edges AS (
    SELECT h.visitor, unnest(s.neighbors) AS popularity_rank, h.weight AS event_weight, unnest(s.weights) AS edge_weight,
           NULL AS modality, NULL AS evidence_item
    FROM query_table(history) h
    JOIN mmsql.serving s ON s.item_id = h.item_id
    WHERE h.weight > 0
),
linked_items AS MATERIALIZED (
    -- First the items of the history that have an edge to the item: the next step then reads the edges of these few only.
    SELECT i.visitor, i.item_id, i.popularity_rank, i.model, h.item_id AS evidence_item, h.weight AS event_weight
    FROM query_table(items) i
    JOIN query_table(history) h ON h.visitor = i.visitor AND h.weight > 0
    JOIN mmsql.serving s ON s.item_id = h.item_id
    WHERE list_contains(s.neighbors, i.popularity_rank)
),
modality_edges AS (
    SELECT l.visitor, l.popularity_rank, l.event_weight, e.weight AS edge_weight, e.modality, l.evidence_item
    FROM linked_items l
    JOIN mmsql.item_edges e ON e.model = l.model AND e.item_id = l.evidence_item AND e.neighbor_id = l.item_id
),
edge_terms AS (
    SELECT e.visitor, e.popularity_rank, e.event_weight * e.edge_weight AS edge, 0.0 AS vector, 0.0 AS attribute,
           e.modality, e.evidence_item, CAST(NULL AS VARCHAR) AS evidence
    FROM query(CASE WHEN by_modality THEN 'FROM modality_edges' ELSE 'FROM summed_edges' END) e
),
vector_terms AS (
    SELECT i.visitor, i.popularity_rank, 0.0 AS edge, i.vector_weight * list_dot_product(v.vector, i.vector) AS vector,
           0.0 AS attribute, 'fused' AS modality, NULL AS evidence_item,
           'fits the taste the model learned from the whole history' AS evidence
    FROM query_table(items) i
    JOIN mmsql.user_vectors v ON v.model = i.model AND v.user_id = i.user_id
    WHERE i.vector_weight <> 0 AND i.vector IS NOT NULL
),
attribute_terms AS (
    SELECT i.visitor, i.popularity_rank, 0.0 AS edge, 0.0 AS vector, e.weight AS attribute,
           'user_attribute' AS modality, NULL AS evidence_item, e.evidence
    FROM mmsql._user_edges((
        SELECT list(h) FROM query_table(history) h WHERE h.item_id IS NULL AND h.user_id IS NOT NULL
    )) e
    JOIN query_table(items) i ON i.visitor = e.visitor AND i.item_id = e.item_id
)
FROM query(
    'FROM edge_terms'
    || CASE WHEN mmsql._model_has('user_vectors') THEN ' UNION ALL FROM vector_terms' ELSE '' END
    || CASE WHEN mmsql._model_has('user_edges') THEN ' UNION ALL FROM attribute_terms' ELSE '' END
);
