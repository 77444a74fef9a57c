-- Why an item has its score for a user: the parts of the sum, largest first. Contributions add up to the score.
--
-- Parameters
--   target_user      a user id
--   target_item      an item id
-- Returns
--   modality         VARCHAR: behavior, ease, comment, text, image, attribute, relation, alike (what leads to items like
--                    this one, which has no events), fused (the user's vector), user_attribute (of a user without history)
--                    or popularity
--   evidence_item    the item of the user's history that speaks, NULL for the other parts
--   evidence         VARCHAR, the reason in words
--   contribution     DOUBLE
-- Example
--   FROM mmsql.explain('U0001', 'P0001');
CREATE MACRO mmsql.explain(target_user, target_item) AS TABLE
WITH asked AS (
    -- A column, not the parameter itself: TRY takes no subquery, and the parameter may be one.
    SELECT TRY(cast_to_type(g.item_id, t.item_id)) AS item_id
    FROM (SELECT target_item AS item_id) g
    LEFT JOIN (SELECT c.item_id FROM mmsql.catalog c LIMIT 0) t ON true
),
target AS MATERIALIZED (
    SELECT d.model, d.vector_weight, c.item_id, c.bias, c.events
    FROM mmsql._deployed() d
    JOIN mmsql.catalog c ON c.model = d.model
    JOIN asked a ON a.item_id = c.item_id
),
history AS MATERIALIZED (
    SELECT h.user_id, h.item_id, h.ts, h.weight FROM mmsql._history([target_user], NULL) h
),
cold AS (
    SELECT 0 AS visitor, h.user_id, t.model FROM history h CROSS JOIN target t WHERE h.item_id IS NULL
),
parts AS (
    SELECT e.modality, h.item_id AS evidence_item,
           CASE e.modality
               WHEN 'behavior' THEN 'wanted by users who had '
               WHEN 'ease' THEN 'wanted together with '
               WHEN 'comment' THEN 'comments read like those on '
               WHEN 'text' THEN 'described like '
               WHEN 'image' THEN 'looks like '
               WHEN 'attribute' THEN 'shares attributes with '
               WHEN 'relation' THEN 'related to '
               WHEN 'alike' THEN 'items like it were wanted by users who had '
               ELSE 'similar to '
           END || coalesce(p.title, CAST(h.item_id AS VARCHAR)) AS evidence,
           h.weight * e.weight AS contribution
    FROM target t
    JOIN mmsql.item_edges e ON e.model = t.model AND e.neighbor_id = t.item_id
    JOIN history h ON h.item_id = e.item_id AND h.weight > 0
    LEFT JOIN (
        SELECT i.item_id, any_value(i.title) AS title FROM mmsql.items i GROUP BY i.item_id
    ) p ON p.item_id = h.item_id
    UNION ALL
    SELECT 'fused' AS modality, NULL AS evidence_item, 'fits the taste the model learned from the whole history' AS evidence,
           t.vector_weight * list_dot_product(v.vector, w.vector) AS contribution
    FROM target t
    JOIN (SELECT DISTINCT h.user_id FROM history h) u ON true
    JOIN mmsql.user_vectors v ON v.model = t.model AND v.user_id = u.user_id
    JOIN mmsql.item_vectors w ON w.model = t.model AND w.modality = 'fused' AND w.item_id = t.item_id
    WHERE t.vector_weight <> 0
    UNION ALL
    SELECT 'user_attribute' AS modality, NULL AS evidence_item,
           'wanted by users with ' || e.attribute || CASE
               WHEN e.low IS NULL THEN ' = ' || e.value
               WHEN isinf(e.low) THEN ' below ' || regexp_extract(e.value, ', (.*)\)', 1)
               WHEN isinf(e.high) THEN ' from ' || regexp_extract(e.value, '\[(.*),', 1)
               ELSE ' from ' || regexp_replace(e.value, '\[(.*), (.*)\)', '\1 to below \2')
           END AS evidence,
           e.weight AS contribution
    FROM target t
    JOIN mmsql._user_edges((SELECT list(c) FROM cold c)) e ON e.item_id = t.item_id
    UNION ALL
    SELECT 'popularity' AS modality, NULL AS evidence_item, CAST(t.events AS VARCHAR) || ' events in training' AS evidence,
           t.bias AS contribution
    FROM target t
)
SELECT p.modality, p.evidence_item, p.evidence, p.contribution
FROM parts p
ORDER BY p.contribution DESC, p.modality, p.evidence_item;
