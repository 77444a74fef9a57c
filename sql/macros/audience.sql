-- The k users most likely to want an item, among those who do not have it yet; nobody where mmsql.rules bans it.
--
-- Parameters
--   target_item      an item id
--   k                how many users, at least 1
-- Returns
--   rank             INTEGER, from 1
--   user_id          the user, in the type of interactions
--   score            DOUBLE, the same score as recommend gives the item for that user
-- Example
--   FROM mmsql.audience('P0001', k := 5);
CREATE MACRO mmsql.audience(target_item, k := 100) AS TABLE
WITH asked AS (
    -- A column, not the parameter itself: TRY takes no subquery, and the parameter may be one.
    SELECT TRY(cast_to_type(g.item_id, t.item_id)) AS item_id
    FROM (SELECT target_item AS item_id) g
    LEFT JOIN (SELECT c.item_id FROM mmsql.catalog c LIMIT 0) t ON true
),
target AS MATERIALIZED (
    SELECT d.model, d.vector_weight, c.item_id, c.bias
    FROM mmsql._deployed() d
    JOIN mmsql.catalog c ON c.model = d.model
    JOIN asked a ON a.item_id = c.item_id
    LEFT JOIN mmsql._ruled() g ON g.item_id = CAST(c.item_id AS VARCHAR)
    WHERE NOT coalesce(g.banned, false) AND error(mmsql._wrong_length(k)) IS NULL
),
history AS MATERIALIZED (
    SELECT h.user_id, h.item_id, h.weight FROM mmsql._history('everybody', NULL, NULL) h
),
parts AS (
    SELECT h.user_id, h.weight * e.weight AS score
    FROM target t
    JOIN mmsql.item_edges e ON e.model = t.model AND e.neighbor_id = t.item_id
    JOIN history h ON h.item_id = e.item_id
    UNION ALL
    SELECT v.user_id, t.vector_weight * list_dot_product(v.vector, w.vector) AS score
    FROM target t
    JOIN mmsql.user_vectors v ON v.model = t.model
    JOIN mmsql.item_vectors w ON w.model = t.model AND w.modality = 'fused' AND w.item_id = t.item_id
    WHERE t.vector_weight <> 0
),
scored AS (
    SELECT p.user_id, round(sum(p.score), 12) AS score
    FROM parts p
    -- No anti join: it cannot stand under LATERAL.
    LEFT JOIN (
        SELECT DISTINCT h.user_id FROM history h JOIN target t ON t.item_id = h.item_id
    ) owner ON owner.user_id = p.user_id
    WHERE owner.user_id IS NULL
    GROUP BY p.user_id
)
SELECT CAST(row_number() OVER best AS INTEGER) AS rank, s.user_id, s.score + t.bias AS score
FROM scored s
CROSS JOIN target t
WINDOW best AS (ORDER BY s.score DESC, s.user_id)
QUALIFY row_number() OVER best <= coalesce(mmsql._whole(k), 100)
ORDER BY rank;
