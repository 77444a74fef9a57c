-- The ranked list of one visitor, behind recommend and recommend_session: scores and order are those of _ranked, which it
-- stands in for where there are no caps, no diversity and no exclude_events, as it takes two thirds of the time or less.
-- What is left out, and what rules say, is put together first, item by item; of the most popular it then looks at as
-- many as could come, were all of that more popular.
--
-- Parameters
--   who              'user' or 'session', as a constant; it, users and session as of _history, the others as of recommend
-- Returns
--   rank, item_id, title, score, source    as of recommend, in any order
CREATE MACRO mmsql._visitor_list(
    who, users, session, k, exclude_seen, category, brand, min_price, max_price, only_available
) AS TABLE
WITH whole AS (
    SELECT h.visitor, h.user_id, h.item_id, h.weight, h.model
    FROM mmsql._history(who, users, session) h
    WHERE error(mmsql._wrong_filter(min_price, max_price, only_available, exclude_seen)) IS NULL
),
known AS (
    FROM whole w WHERE w.item_id IS NOT NULL
),
history AS MATERIALIZED (
    -- The row of a visitor without history is for attributes and vectors.
    FROM query(CASE
        WHEN error(mmsql._wrong_length(k)) IS NOT NULL THEN NULL
        WHEN mmsql._serves('user_edges') OR mmsql._serves('user_vectors') THEN 'FROM whole'
        ELSE 'FROM known'
    END)
),
left_out AS (
    SELECT h.item_id FROM history h WHERE h.item_id IS NOT NULL AND coalesce(TRY_CAST(exclude_seen AS BOOLEAN), true)
    UNION ALL
    SELECT i.item_id FROM mmsql.items i WHERE NOT i.available AND coalesce(TRY_CAST(only_available AS BOOLEAN), false)
),
passing AS (
    SELECT p.item_id
    FROM (
        SELECT i.item_id, any_value(CAST(i.category AS VARCHAR)) AS category, any_value(CAST(i.brand AS VARCHAR)) AS brand,
               any_value(TRY_CAST(i.price AS DOUBLE)) FILTER (TRY_CAST(i.price AS DOUBLE) < 'nan') AS price
        FROM mmsql.items i
        WHERE category IS NOT NULL OR brand IS NOT NULL OR min_price IS NOT NULL OR max_price IS NOT NULL
        GROUP BY i.item_id
    ) p
    WHERE (category IS NULL OR p.category = CAST(category AS VARCHAR)
           OR starts_with(p.category, CAST(category AS VARCHAR) || ' > '))
      AND (brand IS NULL OR p.brand = CAST(brand AS VARCHAR))
      AND (min_price IS NULL OR p.price >= TRY_CAST(min_price AS DOUBLE))
      AND (max_price IS NULL OR p.price <= TRY_CAST(max_price AS DOUBLE))
),
told AS MATERIALIZED (
    SELECT e.item_id, bool_or(e.banned) AS banned, max(e.lead) AS lead, max(e.lift) AS lift, max(e.label) AS label
    FROM (
        SELECT CAST(l.item_id AS VARCHAR) AS item_id, true AS banned, CAST(NULL AS DOUBLE) AS lead,
               CAST(NULL AS DOUBLE) AS lift, CAST(NULL AS VARCHAR) AS label
        FROM left_out l
        UNION ALL
        SELECT g.item_id, g.banned, g.lead, g.lift, g.label FROM mmsql._ruled() g
    ) e
    GROUP BY e.item_id
),
by_edges AS (
    SELECT unnest(e.neighbors) AS place, h.weight * unnest(e.weights) AS edge, 0.0 AS vector, 0.0 AS alike
    FROM history h
    JOIN mmsql.serving e ON e.item_id = h.item_id
    WHERE h.weight > 0
),
enough AS (
    SELECT least(count(*) + least(coalesce(mmsql._whole(k), 10), 999999), 999999) AS most FROM told t
),
by_popularity AS (
    SELECT c.place, 0.0 AS edge, 0.0 AS vector, 0.0 AS alike
    FROM mmsql.serving c
    WHERE c.place <= (SELECT n.most FROM enough n)
      AND category IS NULL AND brand IS NULL AND min_price IS NULL AND max_price IS NULL
    UNION ALL
    SELECT unnest(g.places) AS place, 0.0 AS edge, 0.0 AS vector, 0.0 AS alike
    FROM (
        SELECT min(c.place, CAST(n.most AS BIGINT)) AS places
        FROM passing p
        JOIN mmsql.serving c ON c.item_id = p.item_id
        CROSS JOIN enough n
    ) g
    UNION ALL
    SELECT c.place, 0.0 AS edge, 0.0 AS vector, 0.0 AS alike
    FROM told t
    JOIN mmsql.serving c ON CAST(c.item_id AS VARCHAR) = t.item_id
    WHERE t.lead > 0 OR t.lift > 1
),
by_vectors AS (
    SELECT w.place, 0.0 AS edge, d.vector_weight * list_dot_product(v.vector, w.vector) AS vector, 0.0 AS alike
    FROM (SELECT any_value(h.user_id) AS user_id FROM history h) s
    CROSS JOIN mmsql._deployed() d
    JOIN mmsql.user_vectors v ON v.model = d.model AND v.user_id = s.user_id
    CROSS JOIN mmsql.serving w
    WHERE d.vector_weight <> 0 AND w.vector IS NOT NULL
),
by_attributes AS (
    SELECT c.place, 0.0 AS edge, 0.0 AS vector, e.weight AS alike
    FROM mmsql._user_edges((SELECT list(h) FROM history h WHERE h.item_id IS NULL AND h.user_id IS NOT NULL)) e
    JOIN mmsql.serving c ON c.item_id = e.item_id
),
scored AS (
    SELECT p.place, sum(p.edge) + sum(p.vector) + sum(p.alike) AS score,
           CASE WHEN sum(p.vector) <> 0 THEN 'vector'
                WHEN sum(p.edge) > 0 THEN 'edge'
                WHEN sum(p.alike) > 0 THEN 'alike' END AS way
    FROM query(
        'FROM by_edges UNION ALL FROM by_popularity'
        || CASE WHEN mmsql._serves('user_vectors') THEN ' UNION ALL FROM by_vectors' ELSE '' END
        || CASE WHEN mmsql._serves('user_edges') THEN ' UNION ALL FROM by_attributes' ELSE '' END
    ) p
    GROUP BY p.place
),
best AS MATERIALIZED (
    SELECT c.item_id, round(s.score + c.bias, 12) AS score, s.way, coalesce(t.lead, 0) AS lead,
           mmsql._lifted(round(s.score + c.bias, 12), t.lift) AS lifted, t.label
    FROM scored s
    JOIN mmsql.serving c ON c.place = s.place
    LEFT JOIN told t ON t.item_id = CAST(c.item_id AS VARCHAR)
    LEFT JOIN passing p ON p.item_id = c.item_id
    WHERE NOT coalesce(t.banned, false)
      AND ((category IS NULL AND brand IS NULL AND min_price IS NULL AND max_price IS NULL) OR p.item_id IS NOT NULL)
    ORDER BY lead DESC, lifted DESC, c.item_id
    LIMIT CAST(coalesce(mmsql._whole(k), 10) AS BIGINT)
)
SELECT CAST(row_number() OVER (ORDER BY b.lead DESC, b.lifted DESC, b.item_id) AS INTEGER) AS rank, b.item_id,
       any_value(i.title) AS title, b.score,
       CASE WHEN b.label IS NOT NULL THEN b.label
            WHEN b.way = 'vector' OR (b.way = 'edge' AND d.edge_weight > 0) THEN d.algorithm
            WHEN b.way = 'edge' THEN 'similar'
            WHEN b.way = 'alike' THEN 'similar users'
            ELSE 'popular' END AS source
FROM best b
CROSS JOIN mmsql._deployed() d
LEFT JOIN mmsql.items i ON i.item_id = b.item_id
GROUP BY b.item_id, b.score, b.way, b.lead, b.lifted, b.label, d.algorithm, d.edge_weight;
