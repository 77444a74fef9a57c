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
linked AS MATERIALIZED (
    SELECT s.popularity_rank, s.item_id, n.score + s.bias AS score, n.modality AS source
    FROM neighbors n
    JOIN mmsql.serving s ON s.item_id = n.item_id
),
bans AS MATERIALIZED (
    SELECT r.item_id FROM mmsql._rule_effects() r WHERE r.banned
),
popular AS (
    -- The most popular items, enough to fill the list: the asked item, banned items and neighbors may be among them.
    SELECT unnest(range(1, x.items + least(coalesce(mmsql._positive_integer(k), 10), a.items) + 2)) AS popularity_rank
    FROM (SELECT count(*) AS items FROM mmsql.serving s) a
    CROSS JOIN (
        SELECT count(*) AS items
        FROM (SELECT l.popularity_rank FROM linked l UNION ALL SELECT NULL AS popularity_rank FROM bans b)
    ) x
),
ranked AS (
    SELECT l.item_id, l.score, l.source FROM linked l
    UNION ALL
    SELECT s.item_id, s.bias AS score, 'popular' AS source
    FROM popular p
    JOIN mmsql.serving s ON s.popularity_rank = p.popularity_rank
    LEFT JOIN linked l ON l.popularity_rank = p.popularity_rank
    WHERE l.popularity_rank IS NULL
),
best AS MATERIALIZED (
    SELECT r.item_id, r.score, r.source
    FROM ranked r
    CROSS JOIN model m
    CROSS JOIN asked a
    LEFT JOIN bans b ON b.item_id = CAST(r.item_id AS VARCHAR)
    WHERE b.item_id IS NULL AND r.item_id IS DISTINCT FROM a.item_id
    ORDER BY r.score DESC, r.item_id
    LIMIT CAST(coalesce(mmsql._positive_integer(k), 10) AS BIGINT)
)
SELECT CAST(row_number() OVER (ORDER BY any_value(b.score) DESC, b.item_id) AS INTEGER) AS rank, b.item_id,
       any_value(i.title) AS title, any_value(b.score) AS score, any_value(b.source) AS source
FROM best b
LEFT JOIN mmsql.items i ON i.item_id = b.item_id
GROUP BY b.item_id
ORDER BY rank;
