-- The ranked lists behind recommend, recommend_each and recommend_session: one formula for all of them.
--
--     score(u, i) = Σ over u's history j of weight(j) · edge(j → i)  +  vector_weight · ⟨u, i⟩  +  bias(i)
--
-- A visitor without history has, in the place of the first sum, Σ over the values v of the user's attributes of
-- weight(v → i), as _user_edges has it.
-- Filters apply before ranking. An item that nothing speaks for has its bias as score, so that k items come
-- back whenever k qualify: per user only the k + seen most popular qualifying items can need it. Scores are
-- rounded to 12 places, since threads add up in any order: what ties stays tied, and the lists stay as they are.
CREATE MACRO mmsql._ranked(
    users, session, k, exclude_seen, category, brand, min_price, max_price, only_available, per_category, candidates
) AS TABLE
WITH model AS MATERIALIZED (
    SELECT d.model, d.algorithm, d.edge_weight, d.vector_weight
    FROM mmsql._deployed() d
    WHERE CASE
        WHEN k < 1 OR k <> floor(k)
            THEN error('k must be a whole number of at least 1, ' || CAST(k AS VARCHAR) || ' was given.')
        WHEN per_category < 1
            THEN error('per_category must be at least 1, ' || CAST(per_category AS VARCHAR) || ' was given.')
        WHEN min_price > max_price
            THEN error('min_price is above max_price: no item can qualify.')
        ELSE true
    END
),
history AS MATERIALIZED (
    SELECT h.visitor, h.user_id, h.item_id, h.weight FROM mmsql._history(users, session) h
),
visitors AS MATERIALIZED (
    SELECT h.visitor, h.user_id, CASE WHEN coalesce(exclude_seen, true) THEN count(h.item_id) ELSE 0 END AS seen
    FROM history h
    GROUP BY h.visitor, h.user_id
),
cold AS MATERIALIZED (
    SELECT h.visitor, h.user_id, m.model
    FROM history h
    CROSS JOIN model m
    WHERE h.item_id IS NULL AND h.user_id IS NOT NULL
),
qualifying AS MATERIALIZED (
    SELECT c.item_id, c.bias, c.title, c.category,
           row_number() OVER (
               PARTITION BY CASE WHEN per_category IS NOT NULL THEN c.category END ORDER BY c.bias DESC, c.item_id
           ) AS place
    FROM mmsql._catalog(category, brand, min_price, max_price, only_available, candidates) c
),
parts AS (
    SELECT h.visitor, e.neighbor_id AS item_id, h.weight * e.weight AS edge, 0.0 AS vector, 0.0 AS alike
    FROM model m
    JOIN mmsql.item_edges e ON e.model = m.model
    JOIN history h ON h.item_id = e.item_id
    WHERE h.weight > 0
    UNION ALL
    SELECT s.visitor, w.item_id, 0.0 AS edge, m.vector_weight * list_dot_product(v.vector, w.vector) AS vector,
           0.0 AS alike
    FROM model m
    JOIN mmsql.user_vectors v ON v.model = m.model
    JOIN visitors s ON s.user_id = v.user_id
    JOIN mmsql.item_vectors w ON w.model = m.model AND w.modality = 'fused'
    WHERE m.vector_weight <> 0
    UNION ALL
    SELECT e.visitor, e.item_id, 0.0 AS edge, 0.0 AS vector, e.weight AS alike
    FROM mmsql._user_edges((SELECT list(c) FROM cold c)) e
    UNION ALL
    SELECT s.visitor, q.item_id, 0.0 AS edge, 0.0 AS vector, 0.0 AS alike
    FROM visitors s
    JOIN qualifying q ON q.place <= coalesce(k, 10) + s.seen
),
scored AS (
    SELECT p.visitor, p.item_id, sum(p.edge) AS edge, sum(p.vector) AS vector, sum(p.alike) AS alike
    FROM parts p
    GROUP BY p.visitor, p.item_id
),
allowed AS (
    SELECT s.visitor, s.item_id, q.title, q.category, round(s.edge + s.vector + s.alike + q.bias, 12) AS score,
           CASE WHEN s.vector <> 0 THEN m.algorithm
                WHEN s.edge > 0 THEN CASE WHEN m.edge_weight > 0 THEN m.algorithm ELSE 'similar' END
                WHEN s.alike > 0 THEN 'similar users'
                ELSE 'popular' END AS source
    FROM scored s
    CROSS JOIN model m
    JOIN qualifying q ON q.item_id = s.item_id
    LEFT JOIN history h ON h.visitor = s.visitor AND h.item_id = s.item_id
    WHERE NOT coalesce(exclude_seen, true) OR h.item_id IS NULL
),
capped AS (
    SELECT a.visitor, a.item_id, a.title, a.score, a.source
    FROM allowed a
    QUALIFY per_category IS NULL OR a.category IS NULL
        OR row_number() OVER (PARTITION BY a.visitor, a.category ORDER BY a.score DESC, a.item_id) <= per_category
)
SELECT v.visitor, v.user_id, CAST(row_number() OVER best AS INTEGER) AS rank, c.item_id, c.title, c.score, c.source
FROM capped c
JOIN visitors v ON v.visitor = c.visitor
WINDOW best AS (PARTITION BY c.visitor ORDER BY c.score DESC, c.item_id)
QUALIFY row_number() OVER best <= coalesce(k, 10);
