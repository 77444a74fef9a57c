-- The ranked lists of any number of visitors, with all options: for recommend, recommend_each and recommend_session.
-- Filters apply before ranking. mmsql.rules changes the order, and not the score.
--
-- A candidate is an item with a term, or one of the most popular items. Items with the same capped category or brand,
-- priority and boost form a group. From each group, a visitor needs at most the k + seen most popular items. seen is
-- the number of items in the visitor's history, or 0 if no seen items are excluded. With diversity, the pool size
-- replaces k. So a list has k items whenever k items qualify.
--
-- Parameters
--   who              'user', 'users', 'session' or 'everybody', as a constant
--   users, session   as in _history
--   the others       as in recommend
-- Returns
--   visitor          of _history
--   user_id          the user, in the type of interactions
--   rank, item_id, title, score, source    as in recommend, in any order
CREATE MACRO mmsql._ranked(
    who, users, session, k, exclude_seen, exclude_events, category, brand, min_price, max_price, only_available,
    per_category, per_brand, candidates, diversity
) AS TABLE
WITH history AS MATERIALIZED (
    SELECT h.visitor, h.user_id, h.item_id, h.weight, h.model, h.algorithm, h.edge_weight, h.vector_weight
    FROM mmsql._history(who, users, session) h
    WHERE error(mmsql._list_error(k, per_category, per_brand, diversity)) IS NULL
      AND error(mmsql._filter_error(min_price, max_price, only_available, exclude_seen)) IS NULL
),
visitors AS MATERIALIZED (
    SELECT h.visitor, h.user_id, h.model, h.algorithm, h.edge_weight, h.vector_weight,
           CASE WHEN coalesce(TRY_CAST(exclude_seen AS BOOLEAN), true) OR exclude_events IS NOT NULL
                THEN count(h.item_id) ELSE 0 END AS seen
    FROM history h
    GROUP BY ALL
),
filtered AS (
    SELECT f.popularity_rank, f.item_id, f.bias, f.category, f.brand, coalesce(f.priority, 0) AS priority, f.boost,
           f.rule_label
    FROM mmsql._filtered_items(
        category, brand, min_price, max_price, only_available, per_category IS NOT NULL OR per_brand IS NOT NULL
    ) f
),
filtered_candidates AS (
    FROM filtered f
    WHERE CAST(f.item_id AS VARCHAR) IN (SELECT o.id FROM mmsql._option_ids(candidates, 'item_id') o)
),
qualifying AS MATERIALIZED (
    FROM query(CASE WHEN candidates IS NULL THEN 'FROM filtered' ELSE 'FROM filtered_candidates' END)
),
seen_items AS (
    SELECT h.visitor, q.popularity_rank
    FROM history h
    JOIN qualifying q ON q.item_id = h.item_id
    WHERE coalesce(TRY_CAST(exclude_seen AS BOOLEAN), true)
),
items_with_excluded_events AS (
    SELECT DISTINCT v.visitor, q.popularity_rank
    FROM visitors v
    JOIN mmsql.interactions i ON i.user_id = v.user_id
    JOIN mmsql._excluded_events(exclude_events) e ON e.event = CAST(i.event AS VARCHAR)
    JOIN qualifying q ON q.item_id = i.item_id
),
excluded AS (
    FROM query(CASE WHEN exclude_events IS NULL THEN 'FROM seen_items' ELSE 'FROM items_with_excluded_events' END)
),
popular_items AS (
    SELECT unnest(g.popularity_ranks) AS popularity_rank, generate_subscripts(g.popularity_ranks, 1) AS position
    FROM (
        SELECT min(q.popularity_rank, l.items) AS popularity_ranks
        FROM qualifying q
        CROSS JOIN (
            SELECT CAST(least(max(v.seen) + mmsql._pool_size(k, diversity), mmsql._max_heap_size()) AS BIGINT) AS items
            FROM visitors v
        ) l
        GROUP BY CASE WHEN per_category IS NOT NULL THEN q.category END,
                 CASE WHEN per_brand IS NOT NULL THEN q.brand END, q.priority, q.boost
    ) g
),
popularity_candidates AS (
    SELECT v.visitor, p.popularity_rank, 0.0 AS edge, 0.0 AS vector, 0.0 AS attribute
    FROM visitors v
    JOIN popular_items p ON p.position <= mmsql._pool_size(k, diversity) + v.seen
),
all_term_sums AS (
    SELECT t.visitor, t.popularity_rank, sum(t.edge) AS edge, sum(t.vector) AS vector, sum(t.attribute) AS attribute
    FROM (
        SELECT t.visitor, t.popularity_rank, t.edge, t.vector, t.attribute
        FROM mmsql._score_terms('history', NULL, false, true) t
        UNION ALL
        FROM popularity_candidates
    ) t
    GROUP BY t.visitor, t.popularity_rank
),
linked_sums AS MATERIALIZED (
    SELECT t.visitor, t.popularity_rank, sum(t.edge) AS edge, sum(t.attribute) AS attribute
    FROM mmsql._score_terms('history', NULL, false, false) t
    GROUP BY t.visitor, t.popularity_rank
),
visitor_vectors AS MATERIALIZED (
    SELECT v.visitor, v.vector_weight, CASE WHEN v.vector_weight <> 0 THEN u.vector END AS vector,
           CAST(least(mmsql._pool_size(k, diversity) + v.seen + coalesce(n.items, 0), mmsql._max_heap_size() - 1) AS BIGINT) AS most
    FROM visitors v
    LEFT JOIN mmsql.user_vectors u ON u.model = v.model AND u.user_id = v.user_id
    LEFT JOIN (
        SELECT l.visitor, count(*) AS items FROM linked_sums l WHERE l.edge < 0 OR l.attribute < 0 GROUP BY l.visitor
    ) n ON n.visitor = v.visitor
),
item_vectors AS MATERIALIZED (
    SELECT q.popularity_rank, q.item_id, q.bias, s.vector, dense_rank() OVER (ORDER BY q.priority, q.boost) AS item_group
    FROM qualifying q
    JOIN mmsql.serving s ON s.popularity_rank = q.popularity_rank
),
best_term_sums AS (
    FROM mmsql._best_term_sums(
        'visitor_vectors', 'item_vectors', 'linked_sums', 'popularity_candidates', 'excluded', mmsql._pool_size(k, diversity)
    )
),
term_sums AS (
    FROM query(CASE
        WHEN mmsql._model_has('user_vectors') AND mmsql._keeps_best(k, per_category, per_brand, diversity)
            THEN 'FROM best_term_sums'
        ELSE 'FROM all_term_sums'
    END)
),
scored AS (
    SELECT t.visitor, q.popularity_rank, q.item_id, q.category, q.brand,
           mmsql._score(t.edge, t.vector, t.attribute, q.bias) AS score, t.edge, t.vector, t.attribute, q.priority,
           q.rule_label, mmsql._boosted_score(score, q.boost) AS boosted_score
    FROM term_sums t
    JOIN qualifying q ON q.popularity_rank = t.popularity_rank
    LEFT JOIN excluded e ON e.visitor = t.visitor AND e.popularity_rank = t.popularity_rank
    WHERE e.popularity_rank IS NULL
),
one_cap AS (
    FROM scored s
    QUALIFY CASE WHEN per_brand IS NULL THEN s.category ELSE s.brand END IS NULL
        OR row_number() OVER (
            PARTITION BY s.visitor, CASE WHEN per_brand IS NULL THEN s.category ELSE s.brand END
            ORDER BY s.priority DESC, s.boosted_score DESC, s.item_id
        ) <= coalesce(TRY_CAST(per_category AS BIGINT), TRY_CAST(per_brand AS BIGINT))
),
cap_candidates AS (
    -- With two caps, at most as many items of one category and brand can stay as the smaller cap allows.
    FROM scored s
    QUALIFY row_number() OVER (
            PARTITION BY s.visitor, s.category, s.brand ORDER BY s.priority DESC, s.boosted_score DESC, s.item_id
        ) <= least(CASE WHEN s.category IS NOT NULL THEN TRY_CAST(per_category AS BIGINT) END,
                 CASE WHEN s.brand IS NOT NULL THEN TRY_CAST(per_brand AS BIGINT) END,
                 mmsql._pool_size(k, diversity))
),
two_caps AS (
    SELECT s.*
    FROM scored s
    JOIN (
        SELECT g.visitor, unnest(g.kept, recursive := true)
        FROM (
            SELECT c.visitor, mmsql._cap_both(
                list({'popularity_rank': c.popularity_rank, 'category': c.category, 'brand': c.brand}
                     ORDER BY c.priority DESC, c.boosted_score DESC, c.item_id),
                TRY_CAST(per_category AS BIGINT), TRY_CAST(per_brand AS BIGINT),
                mmsql._pool_size(k, diversity)
            ) AS kept
            FROM cap_candidates c
            GROUP BY c.visitor
        ) g
    ) k ON k.visitor = s.visitor AND k.popularity_rank = s.popularity_rank
),
capped AS (
    FROM query(CASE
        WHEN per_category IS NULL AND per_brand IS NULL THEN 'FROM scored'
        WHEN per_category IS NULL OR per_brand IS NULL THEN 'FROM one_cap'
        ELSE 'FROM two_caps'
    END)
),
pool_by_limit AS (
    SELECT p.*, CAST(row_number() OVER ranking AS INTEGER) AS rank
    FROM (
        SELECT c.visitor, c.item_id, c.popularity_rank, c.score, c.edge, c.vector, c.attribute, c.priority, c.rule_label,
               c.boosted_score
        FROM capped c
        ORDER BY c.priority DESC, c.boosted_score DESC, c.item_id
        LIMIT CAST(mmsql._pool_size(k, diversity) AS BIGINT)
    ) p
    WINDOW ranking AS (PARTITION BY p.visitor ORDER BY p.priority DESC, p.boosted_score DESC, p.item_id)
),
pool_by_heap AS (
    SELECT g.visitor, unnest(g.pool, recursive := true), CAST(generate_subscripts(g.pool, 1) AS INTEGER) AS rank
    FROM (
        SELECT c.visitor, min({
            'negative_priority': -c.priority, 'negative_boosted_score': -c.boosted_score, 'item_id': c.item_id,
            'popularity_rank': c.popularity_rank, 'score': c.score, 'edge': c.edge, 'vector': c.vector,
            'attribute': c.attribute, 'priority': c.priority, 'rule_label': c.rule_label,
            'boosted_score': c.boosted_score
        }, CAST(mmsql._pool_size(k, diversity) AS BIGINT)) AS pool
        FROM capped c
        GROUP BY c.visitor
    ) g
),
pool_by_window AS (
    SELECT c.visitor, c.item_id, c.popularity_rank, c.score, c.edge, c.vector, c.attribute, c.priority, c.rule_label,
           c.boosted_score, CAST(row_number() OVER ranking AS INTEGER) AS rank
    FROM capped c
    WINDOW ranking AS (PARTITION BY c.visitor ORDER BY c.priority DESC, c.boosted_score DESC, c.item_id)
    QUALIFY row_number() OVER ranking <= mmsql._pool_size(k, diversity)
),
pool AS MATERIALIZED (
    -- For many visitors, one heap each keeps a few items and compares structs field by field. A window sorts all scored
    -- items, which is faster for long lists.
    FROM query(CASE
        WHEN who IN ('user', 'session') THEN 'FROM pool_by_limit'
        WHEN mmsql._pool_size(k, diversity) <= mmsql._max_heap_list() THEN 'FROM pool_by_heap'
        ELSE 'FROM pool_by_window'
    END)
),
pool_vectors AS (
    SELECT x.item_id, arg_max(x.vector, x.modality = 'fused') AS vector
    FROM mmsql.item_vectors x
    JOIN (SELECT DISTINCT v.model FROM visitors v) v ON v.model = x.model
    JOIN (SELECT DISTINCT p.item_id FROM pool p) p ON p.item_id = x.item_id
    WHERE x.modality IN ('fused', 'text') AND list_dot_product(x.vector, x.vector) > 0
    GROUP BY x.item_id
),
relevance AS (
    SELECT p.visitor, p.popularity_rank, p.rank, p.priority, v.vector,
           coalesce((p.boosted_score - min(p.boosted_score) OVER pools)
                    / nullif(max(p.boosted_score) OVER pools - min(p.boosted_score) OVER pools, 0), 1) AS relevance
    FROM pool p
    LEFT JOIN pool_vectors v ON v.item_id = p.item_id
    WINDOW pools AS (PARTITION BY p.visitor)
),
diverse_ranks AS (
    SELECT g.visitor, unnest(g.popularity_ranks) AS popularity_rank, generate_subscripts(g.popularity_ranks, 1) AS rank
    FROM (
        SELECT r.visitor, mmsql._diversify(list({
            'negative_priority': -r.priority, 'sort_key': CAST(NULL AS DOUBLE), 'rank': r.rank,
            'popularity_rank': r.popularity_rank, 'relevance': r.relevance, 'similarity': CAST(NULL AS DOUBLE),
            'vector': CAST(r.vector AS DOUBLE[])
        } ORDER BY r.rank), coalesce(mmsql._positive_integer(k), 10),
        coalesce(TRY_CAST(diversity AS DOUBLE), 0)) AS popularity_ranks
        FROM relevance r
        GROUP BY r.visitor
    ) g
),
diversified AS (
    SELECT p.* REPLACE (CAST(d.rank AS INTEGER) AS rank)
    FROM pool p
    JOIN diverse_ranks d ON d.visitor = p.visitor AND d.popularity_rank = p.popularity_rank
),
ranked AS MATERIALIZED (
    FROM query(CASE WHEN TRY_CAST(diversity AS DOUBLE) > 0 THEN 'FROM diversified' ELSE 'FROM pool' END)
)
SELECT v.visitor, v.user_id, r.rank, r.item_id, t.title, r.score,
       mmsql._source_label(r.rule_label, r.edge, r.vector, r.attribute, v.algorithm, v.edge_weight) AS source
FROM ranked r
JOIN visitors v ON v.visitor = r.visitor
LEFT JOIN (
    SELECT i.item_id, any_value(i.title) AS title
    FROM mmsql.items i
    JOIN ranked x ON x.item_id = i.item_id
    GROUP BY i.item_id
) t ON t.item_id = r.item_id;
