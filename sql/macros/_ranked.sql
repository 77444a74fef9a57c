-- The ranked lists behind recommend, recommend_each and recommend_session: one formula for all of them.
--
--     score(u, i) = Σ over u's history j of weight(j) · edge(j → i)  +  vector_weight · ⟨u, i⟩  +  bias(i)
--
-- A visitor without history has, in the place of the first sum, Σ over the values v of the user's attributes of
-- weight(v → i), as _user_edges has it.
-- Filters apply before ranking. An item that nothing speaks for has its bias as score, so that k items come
-- back whenever k qualify: per user only the k + seen most popular qualifying items that caps and rules treat alike
-- can need it. mmsql.rules changes the order and not the score. Scores are rounded to 12 places, since threads add up
-- in any order: what ties stays tied, and the lists stay as they are.
CREATE MACRO mmsql._ranked(
    who, users, session, k, exclude_seen, exclude_events, category, brand, min_price, max_price, only_available,
    per_category, per_brand, candidates, diversity
) AS TABLE
WITH history AS MATERIALIZED (
    SELECT h.visitor, h.user_id, h.item_id, h.weight, h.model, h.algorithm, h.edge_weight, h.vector_weight
    FROM mmsql._history(who, users, session) h
    WHERE error(mmsql._wrong_filter(min_price, max_price, only_available, exclude_seen)) IS NULL
),
visitors AS MATERIALIZED (
    SELECT h.visitor, h.user_id, h.model, h.algorithm, h.edge_weight, h.vector_weight,
           CASE WHEN coalesce(TRY_CAST(exclude_seen AS BOOLEAN), true) OR exclude_events IS NOT NULL
                THEN count(h.item_id) ELSE 0 END AS seen
    FROM history h
    GROUP BY ALL
),
offered AS (
    SELECT c.place, c.item_id, c.bias, c.category, c.brand, coalesce(c.lead, 0) AS lead, c.lift, c.label
    FROM mmsql._catalog(
        category, brand, min_price, max_price, only_available, per_category IS NOT NULL OR per_brand IS NOT NULL
    ) c
),
listed AS (
    FROM offered o
    WHERE CAST(o.item_id AS VARCHAR) IN (SELECT g.id FROM mmsql._given_ids(candidates, 'item_id') g)
),
qualifying AS MATERIALIZED (
    FROM query(CASE WHEN candidates IS NULL THEN 'FROM offered' ELSE 'FROM listed' END)
),
seen AS (
    SELECT h.visitor, x.place
    FROM history h
    JOIN qualifying x ON x.item_id = h.item_id
    WHERE coalesce(TRY_CAST(exclude_seen AS BOOLEAN), true)
),
hidden AS (
    SELECT DISTINCT h.visitor, x.place
    FROM visitors h
    JOIN mmsql.interactions i ON i.user_id = h.user_id
    JOIN mmsql._hidden_events(exclude_events) e ON e.event = CAST(i.event AS VARCHAR)
    JOIN qualifying x ON x.item_id = i.item_id
),
popular AS (
    -- The most popular items of each kind that caps and rules treat alike, as many as any visitor can need.
    SELECT unnest(g.places) AS place, generate_subscripts(g.places, 1) AS turn
    FROM (
        SELECT min(q.place, n.most) AS places
        FROM qualifying q
        CROSS JOIN (
            SELECT CAST(least(max(s.seen) + mmsql._pool_size(k, diversity), 999999) AS BIGINT) AS most
            FROM visitors s
        ) n
        GROUP BY CASE WHEN per_category IS NOT NULL THEN q.category END,
                 CASE WHEN per_brand IS NOT NULL THEN q.brand END, q.lead, q.lift
    ) g
),
by_edges AS (
    SELECT h.visitor, unnest(e.neighbors) AS place, h.weight * unnest(e.weights) AS edge, 0.0 AS vector, 0.0 AS alike
    FROM history h
    JOIN mmsql.serving e ON e.item_id = h.item_id
    WHERE h.weight > 0
),
by_vectors AS (
    SELECT s.visitor, w.place, 0.0 AS edge, s.vector_weight * list_dot_product(v.vector, w.vector) AS vector,
           0.0 AS alike
    FROM visitors s
    JOIN mmsql.user_vectors v ON v.model = s.model AND v.user_id = s.user_id
    CROSS JOIN mmsql.serving w
    WHERE s.vector_weight <> 0 AND w.vector IS NOT NULL
),
by_attributes AS (
    SELECT e.visitor, q.place, 0.0 AS edge, 0.0 AS vector, e.weight AS alike
    FROM mmsql._user_edges((SELECT list(h) FROM history h WHERE h.item_id IS NULL AND h.user_id IS NOT NULL)) e
    JOIN qualifying q ON q.item_id = e.item_id
),
by_popularity AS (
    SELECT s.visitor, q.place, 0.0 AS edge, 0.0 AS vector, 0.0 AS alike
    FROM visitors s
    JOIN popular q ON q.turn <= mmsql._pool_size(k, diversity) + s.seen
),
parts AS (
    FROM query(
        'FROM by_edges UNION ALL FROM by_popularity'
        || CASE WHEN mmsql._serves('user_vectors') THEN ' UNION ALL FROM by_vectors' ELSE '' END
        || CASE WHEN mmsql._serves('user_edges') THEN ' UNION ALL FROM by_attributes' ELSE '' END
    )
),
scored AS (
    SELECT p.visitor, p.place, sum(p.edge) AS edge, sum(p.vector) AS vector, sum(p.alike) AS alike
    FROM parts p
    GROUP BY p.visitor, p.place
),
allowed AS (
    SELECT s.visitor, q.place, q.item_id, q.category, q.brand,
           round(s.edge + s.vector + s.alike + q.bias, 12) AS score, s.edge, s.vector, s.alike, q.lead, q.label,
           mmsql._lifted(score, q.lift) AS lifted
    FROM scored s
    JOIN qualifying q ON q.place = s.place
    LEFT JOIN (
        FROM query(CASE WHEN exclude_events IS NULL THEN 'FROM seen' ELSE 'FROM hidden' END)
    ) had ON had.visitor = s.visitor AND had.place = s.place
    WHERE had.place IS NULL
),
cells AS (
    -- Of one category and brand together no more than the smaller cap can come: what is beyond is never looked at.
    FROM allowed a
    QUALIFY row_number() OVER (
            PARTITION BY a.visitor, a.category, a.brand ORDER BY a.lead DESC, a.lifted DESC, a.item_id
        ) <= least(CASE WHEN a.category IS NOT NULL THEN TRY_CAST(per_category AS BIGINT) END,
                 CASE WHEN a.brand IS NOT NULL THEN TRY_CAST(per_brand AS BIGINT) END,
                 mmsql._pool_size(k, diversity))
),
capped AS (
    FROM allowed a
    QUALIFY CASE WHEN per_brand IS NULL THEN a.category ELSE a.brand END IS NULL
        OR row_number() OVER (
            PARTITION BY a.visitor, CASE WHEN per_brand IS NULL THEN a.category ELSE a.brand END
            ORDER BY a.lead DESC, a.lifted DESC, a.item_id
        ) <= coalesce(TRY_CAST(per_category AS BIGINT), TRY_CAST(per_brand AS BIGINT))
),
twice_capped AS (
    SELECT a.*
    FROM allowed a
    JOIN (
        SELECT n.visitor, unnest(n.taken, recursive := true)
        FROM (
            SELECT o.visitor, mmsql._both_caps(
                list({'place': o.place, 'category': o.category, 'brand': o.brand}
                     ORDER BY o.lead DESC, o.lifted DESC, o.item_id),
                TRY_CAST(per_category AS BIGINT), TRY_CAST(per_brand AS BIGINT),
                mmsql._pool_size(k, diversity)
            ) AS taken
            FROM cells o
            GROUP BY o.visitor
        ) n
    ) t ON t.visitor = a.visitor AND t.place = a.place
),
left_by_caps AS (
    FROM query(CASE
        WHEN per_category IS NULL AND per_brand IS NULL THEN 'FROM allowed'
        WHEN per_category IS NULL OR per_brand IS NULL THEN 'FROM capped'
        ELSE 'FROM twice_capped'
    END)
),
topped AS (
    SELECT x.*, CAST(row_number() OVER ranking AS INTEGER) AS rank
    FROM (
        SELECT c.visitor, c.item_id, c.place, c.score, c.edge, c.vector, c.alike, c.lead, c.label, c.lifted
        FROM left_by_caps c
        ORDER BY c.lead DESC, c.lifted DESC, c.item_id
        LIMIT CAST(mmsql._pool_size(k, diversity) AS BIGINT)
    ) x
    WINDOW ranking AS (PARTITION BY x.visitor ORDER BY x.lead DESC, x.lifted DESC, x.item_id)
),
headed AS (
    SELECT g.visitor, unnest(g.top, recursive := true), CAST(generate_subscripts(g.top, 1) AS INTEGER) AS rank
    FROM (
        SELECT c.visitor, min({
            'back': -c.lead, 'fall': -c.lifted, 'item_id': c.item_id, 'place': c.place, 'score': c.score,
            'edge': c.edge, 'vector': c.vector, 'alike': c.alike, 'lead': c.lead, 'label': c.label, 'lifted': c.lifted
        }, CAST(mmsql._pool_size(k, diversity) AS BIGINT)) AS top
        FROM left_by_caps c
        GROUP BY c.visitor
    ) g
),
numbered AS (
    SELECT c.visitor, c.item_id, c.place, c.score, c.edge, c.vector, c.alike, c.lead, c.label, c.lifted,
           CAST(row_number() OVER ranking AS INTEGER) AS rank
    FROM left_by_caps c
    WINDOW ranking AS (PARTITION BY c.visitor ORDER BY c.lead DESC, c.lifted DESC, c.item_id)
    QUALIFY row_number() OVER ranking <= mmsql._pool_size(k, diversity)
),
shortlist AS MATERIALIZED (
    -- With diversity a pool to choose from: what caps and rules leave of the best. Of many visitors, a heap each keeps a
    -- few, comparing structs field by field; a window sorts all that has a score, which is quicker from some 400 on.
    FROM query(CASE
        WHEN error(mmsql._wrong_length(k)) IS NOT NULL THEN NULL
        WHEN per_category IS NOT NULL AND mmsql._whole(per_category) IS NULL
            THEN error('per_category must be at least 1, ' || CAST(per_category AS VARCHAR)
                       || ' was given. Type per_category := 3.')
        WHEN per_brand IS NOT NULL AND mmsql._whole(per_brand) IS NULL
            THEN error('per_brand must be at least 1, ' || CAST(per_brand AS VARCHAR)
                       || ' was given. Type per_brand := 3.')
        WHEN diversity IS NOT NULL AND NOT coalesce(TRY_CAST(diversity AS DOUBLE) BETWEEN 0 AND 1, false)
            THEN error('diversity must be from 0, by score alone, to 1; ' || CAST(diversity AS VARCHAR)
                       || ' was given. Type diversity := 0.3.')
        WHEN who IN ('user', 'session') THEN 'FROM topped'
        WHEN mmsql._pool_size(k, diversity) <= 200 THEN 'FROM headed'
        ELSE 'FROM numbered'
    END)
),
members AS (
    SELECT s.visitor, s.place, s.rank, s.lead, v.vector,
           coalesce((s.lifted - min(s.lifted) OVER pool)
                    / nullif(max(s.lifted) OVER pool - min(s.lifted) OVER pool, 0), 1) AS rel
    FROM shortlist s
    LEFT JOIN (
        SELECT x.item_id, arg_max(x.vector, x.modality = 'fused') AS vector
        FROM mmsql.item_vectors x
        JOIN (SELECT DISTINCT d.model FROM visitors d) d ON d.model = x.model
        JOIN (SELECT DISTINCT o.item_id FROM shortlist o) o ON o.item_id = x.item_id
        WHERE x.modality IN ('fused', 'text') AND list_dot_product(x.vector, x.vector) > 0
        GROUP BY x.item_id
    ) v ON v.item_id = s.item_id
    WINDOW pool AS (PARTITION BY s.visitor)
),
spread AS (
    SELECT n.visitor, unnest(n.places) AS place, generate_subscripts(n.places, 1) AS rank
    FROM (
        SELECT o.visitor, mmsql._diverse(list({
            'back': -o.lead, 'key': CAST(NULL AS DOUBLE), 'rank': o.rank, 'place': o.place, 'rel': o.rel,
            'sim': CAST(NULL AS DOUBLE), 'vector': CAST(o.vector AS DOUBLE[])
        } ORDER BY o.rank), coalesce(TRY_CAST(k AS BIGINT), 10), coalesce(TRY_CAST(diversity AS DOUBLE), 0)) AS places
        FROM members o
        GROUP BY o.visitor
    ) n
),
diverse AS (
    SELECT s.* REPLACE (CAST(d.rank AS INTEGER) AS rank)
    FROM shortlist s
    JOIN spread d ON d.visitor = s.visitor AND d.place = s.place
),
best AS MATERIALIZED (
    FROM query(CASE WHEN TRY_CAST(diversity AS DOUBLE) > 0 THEN 'FROM diverse' ELSE 'FROM shortlist' END)
)
SELECT v.visitor, v.user_id, b.rank, b.item_id, p.title, b.score,
       CASE WHEN b.label IS NOT NULL THEN b.label
            WHEN b.vector <> 0 THEN v.algorithm
            WHEN b.edge > 0 THEN CASE WHEN v.edge_weight > 0 THEN v.algorithm ELSE 'similar' END
            WHEN b.alike > 0 THEN 'similar users'
            ELSE 'popular' END AS source
FROM best b
JOIN visitors v ON v.visitor = b.visitor
LEFT JOIN (
    SELECT i.item_id, any_value(i.title) AS title
    FROM mmsql.items i
    JOIN best x ON x.item_id = i.item_id
    GROUP BY i.item_id
) p ON p.item_id = b.item_id;
