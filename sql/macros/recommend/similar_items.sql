-- The k items most similar to an item, or most often wanted after it, by the edges of the item graph. Items that mmsql.rules
-- bans are left out; other rules do not apply.
--
-- Parameters
--   target_item      an item id
--   k                number of items, at least 1
--   modality         fused (the edges of all modalities together), or one of behavior, comment, text, image, attribute,
--                    relation
-- Returns
--   rank             INTEGER, from 1
--   item_id          the item
--   title            VARCHAR
--   score            DOUBLE, the sum of the edges' weights and the item's bias
--   source           VARCHAR: the modality of the strongest edge, or popular without an edge
-- Example
--   FROM mmsql.similar_items('P0001', k := 5);
CREATE MACRO mmsql.similar_items(target_item, k := 10, modality := 'fused') AS TABLE
WITH asked AS (
    -- A column and not the parameter itself: TRY takes no subquery, and the parameter may be one.
    SELECT TRY(cast_to_type(g.item_id, t.item_id)) AS item_id
    FROM (SELECT target_item AS item_id) g
    LEFT JOIN (SELECT c.item_id FROM mmsql.catalog c LIMIT 0) t ON true
),
model AS MATERIALIZED (
    SELECT d.model
    FROM mmsql._deployed() d
    WHERE CASE
        WHEN error(mmsql._length_error(k)) IS NOT NULL THEN NULL
        WHEN modality IS NULL
            OR CAST(modality AS VARCHAR) NOT IN ('fused', 'behavior', 'comment', 'text', 'image', 'attribute', 'relation')
            THEN error('Unknown modality ' || coalesce(CAST(modality AS VARCHAR), 'NULL')
                       || '. Allowed: fused, behavior, comment, text, image, attribute, relation.')
        ELSE true
    END
),
neighbors AS (
    SELECT e.neighbor_id AS item_id, round(sum(e.weight), mmsql._score_decimals()) AS score, arg_max(e.modality, e.weight) AS modality
    FROM model m
    JOIN mmsql.item_edges e ON e.model = m.model
    JOIN asked a ON a.item_id = e.item_id
    WHERE (CAST(modality AS VARCHAR) = 'fused' OR e.modality = CAST(modality AS VARCHAR))
    GROUP BY e.neighbor_id
),
ranked AS (
    SELECT c.item_id, coalesce(n.score, 0) + c.bias AS score, coalesce(n.modality, 'popular') AS source
    FROM mmsql._filtered_items(NULL, NULL, NULL, NULL, false, false) c
    CROSS JOIN model m
    CROSS JOIN asked a
    LEFT JOIN neighbors n ON n.item_id = c.item_id
    WHERE c.item_id IS DISTINCT FROM a.item_id
),
best AS MATERIALIZED (
    SELECT CAST(row_number() OVER ranking AS INTEGER) AS rank, r.item_id, r.score, r.source
    FROM ranked r
    WINDOW ranking AS (ORDER BY r.score DESC, r.item_id)
    QUALIFY row_number() OVER ranking <= coalesce(mmsql._positive_integer(k), 10)
)
SELECT b.rank, b.item_id, p.title, b.score, b.source
FROM best b
LEFT JOIN (
    SELECT i.item_id, any_value(i.title) AS title
    FROM mmsql.items i
    JOIN best x ON x.item_id = i.item_id
    GROUP BY i.item_id
) p ON p.item_id = b.item_id
ORDER BY b.rank;
