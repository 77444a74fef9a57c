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
    SELECT s.item_id, s.popularity_rank, s.bias
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
    SELECT h.visitor, h.user_id, h.item_id, h.weight FROM mmsql._history('everybody', NULL, NULL) h
),
users AS MATERIALIZED (
    SELECT h.visitor, any_value(h.user_id) AS user_id, any_value(h.item_id) AS item_id
    FROM full_history h
    GROUP BY h.visitor
),
owners AS (
    SELECT DISTINCT h.visitor FROM full_history h JOIN target t ON t.item_id = h.item_id
),
pairs AS MATERIALIZED (
    -- Not an anti join: LATERAL does not take it.
    SELECT u.visitor, t.item_id
    FROM users u
    CROSS JOIN target t
    LEFT JOIN owners o ON o.visitor = u.visitor
    WHERE o.visitor IS NULL
),
history AS MATERIALIZED (
    -- The part of the history with edges to the target; and for vector terms, a row of each user with weight 0.
    SELECT h.visitor, h.user_id, h.item_id, h.weight, d.model, d.vector_weight
    FROM full_history h
    JOIN linked_items l ON l.item_id = h.item_id
    CROSS JOIN mmsql._deployed() d
    UNION ALL
    SELECT u.visitor, u.user_id, u.item_id, 0 AS weight, d.model, d.vector_weight
    FROM users u
    CROSS JOIN mmsql._deployed() d
),
scored AS (
    SELECT s.visitor, mmsql._score(sum(s.edge), sum(s.vector), sum(s.attribute), any_value(t.bias)) AS score
    FROM mmsql._score_terms('history', 'pairs', false, true) s
    JOIN target t ON t.popularity_rank = s.popularity_rank
    GROUP BY s.visitor
)
SELECT CAST(row_number() OVER best AS INTEGER) AS rank, u.user_id, s.score
FROM scored s
JOIN users u ON u.visitor = s.visitor
WINDOW best AS (ORDER BY s.score DESC, u.user_id)
QUALIFY row_number() OVER best <= coalesce(mmsql._positive_integer(k), 100)
ORDER BY rank;
