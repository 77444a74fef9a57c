-- The k users most likely to want an item, of those who do not have it yet. An item that mmsql.rules bans has none.
--
-- Parameters
--   target_item      an item id
--   k                number of users, at least 1
-- Returns
--   rank             INTEGER, from 1
--   user_id          the user, in the type of interactions
--   score            DOUBLE, the score that recommend gives the item for that user
-- Example
--   FROM mmsql.audience('P0001', k := 5);
CREATE MACRO mmsql.audience(target_item, k := 100) AS TABLE
WITH asked AS (
    -- A column and not the parameter itself: TRY takes no subquery, and the parameter may be one.
    SELECT TRY(cast_to_type(g.item_id, t.item_id)) AS item_id
    FROM (SELECT target_item AS item_id) g
    LEFT JOIN (SELECT c.item_id FROM mmsql.catalog c LIMIT 0) t ON true
    WHERE error(mmsql._length_error(k)) IS NULL
),
target AS MATERIALIZED (
    SELECT s.item_id, s.popularity_rank, s.vector, s.bias
    FROM asked a
    JOIN mmsql.serving s ON s.item_id = a.item_id
    LEFT JOIN mmsql._rule_effects() r ON r.item_id = CAST(s.item_id AS VARCHAR)
    WHERE NOT coalesce(r.banned, false)
),
linked_items AS MATERIALIZED (
    SELECT s.item_id
    FROM mmsql.serving s
    JOIN target t ON list_contains(s.neighbors, t.popularity_rank)
),
full_history AS MATERIALIZED (
    SELECT h.visitor, h.user_id, h.item_id, h.weight, h.model, h.vector_weight
    FROM mmsql._history('everybody', NULL, NULL) h
),
history AS MATERIALIZED (
    SELECT h.visitor, h.user_id, h.item_id, h.weight, h.model
    FROM full_history h
    JOIN linked_items l ON l.item_id = h.item_id
),
users AS MATERIALIZED (
    SELECT h.visitor, h.user_id, h.model, h.vector_weight
    FROM full_history h
    LEFT JOIN target t ON t.item_id = h.item_id
    GROUP BY h.visitor, h.user_id, h.model, h.vector_weight
    HAVING count(t.item_id) = 0
),
items AS (
    SELECT u.visitor, u.user_id, u.model, u.vector_weight, t.item_id, t.popularity_rank, t.vector
    FROM users u
    CROSS JOIN target t
),
scored AS (
    SELECT t.visitor, mmsql._score(sum(t.edge), sum(t.vector), sum(t.attribute), any_value(g.bias)) AS score
    FROM mmsql._score_terms('history', 'items', true) t
    CROSS JOIN target g
    GROUP BY t.visitor
)
SELECT CAST(row_number() OVER best AS INTEGER) AS rank, u.user_id, s.score
FROM scored s
JOIN users u ON u.visitor = s.visitor
WINDOW best AS (ORDER BY s.score DESC, u.user_id)
QUALIFY row_number() OVER best <= coalesce(mmsql._positive_integer(k), 100)
ORDER BY rank;
