-- The ranked list of one visitor, for recommend and recommend_session.
-- The result equals that of _ranked, in two thirds of the time or less. This macro has no caps, no diversity and no
-- exclude_events. It counts the n items that are excluded or that a rule changes. Then it reads the k + n most popular
-- items and those with an edge; with user vectors, the items with the k + n highest sums.
--
-- Parameters
--   who              'user' or 'session', as a constant
--   users, session   as in _history
--   the others       as in recommend
-- Returns
--   rank, item_id, title, score, source    as in recommend, in any order
CREATE MACRO mmsql._visitor_list(
    who, users, session, k, exclude_seen, category, brand, min_price, max_price, only_available
) AS TABLE
WITH full_history AS (
    SELECT h.visitor, h.user_id, h.item_id, h.weight, h.model, h.vector_weight
    FROM mmsql._history(who, users, session) h
    WHERE error(mmsql._length_error(k)) IS NULL
      AND error(mmsql._filter_error(min_price, max_price, only_available, exclude_seen)) IS NULL
),
item_history AS (
    FROM full_history h WHERE h.item_id IS NOT NULL
),
history AS MATERIALIZED (
    -- Only attribute and vector terms read the row of a visitor without history.
    FROM query(CASE
        WHEN mmsql._model_has('user_edges') OR mmsql._model_has('user_vectors') THEN 'FROM full_history'
        ELSE 'FROM item_history'
    END)
),
outcomes AS (
    FROM mmsql._filter_outcomes(category, brand, min_price, max_price, only_available, false)
),
passing AS (
    SELECT o.item_id
    FROM outcomes o
    WHERE o.passes AND mmsql._has_filter(category, brand, min_price, max_price)
),
excluded AS (
    SELECT h.item_id FROM history h WHERE h.item_id IS NOT NULL AND coalesce(TRY_CAST(exclude_seen AS BOOLEAN), true)
    UNION ALL
    SELECT o.item_id
    FROM outcomes o
    WHERE NOT o.passes AND NOT mmsql._has_filter(category, brand, min_price, max_price)
),
exceptions AS MATERIALIZED (
    SELECT e.item_id, bool_or(e.banned) AS banned, max(e.priority) AS priority, max(e.boost) AS boost,
           max(e.rule_label) AS rule_label
    FROM (
        SELECT CAST(x.item_id AS VARCHAR) AS item_id, true AS banned, CAST(NULL AS DOUBLE) AS priority,
               CAST(NULL AS DOUBLE) AS boost, CAST(NULL AS VARCHAR) AS rule_label
        FROM excluded x
        UNION ALL
        SELECT r.item_id, r.banned, r.priority, r.boost, r.rule_label FROM mmsql._rule_effects() r
    ) e
    GROUP BY e.item_id
),
popularity_limit AS (
    -- NULL if any item can be in the list: with a filter, with a rule that moves items up, and for a very long list.
    SELECT CASE
               WHEN mmsql._has_filter(category, brand, min_price, max_price) OR bool_or(x.priority > 0 OR x.boost > 1)
                   OR greatest(count(*), mmsql._positive_integer(k)) >= mmsql._max_heap_size() // 10
                   THEN NULL
               ELSE count(*) + coalesce(mmsql._positive_integer(k), 10)
           END AS items
    FROM exceptions x
),
popularity_candidates AS (
    -- Popularity ranks are the numbers from 1 on.
    SELECT unnest(range(1, p.items + 1)) AS popularity_rank FROM popularity_limit p
    UNION ALL
    SELECT s.popularity_rank FROM popularity_limit p JOIN mmsql.serving s ON p.items IS NULL
),
edge_sums AS (
    SELECT t.popularity_rank, sum(t.edge) AS edge, sum(t.attribute) AS attribute
    FROM (
        SELECT t.popularity_rank, t.edge, t.attribute FROM mmsql._score_terms('history', NULL, false, false) t
        UNION ALL
        SELECT p.popularity_rank, 0.0 AS edge, 0.0 AS attribute FROM popularity_candidates p
    ) t
    GROUP BY t.popularity_rank
),
edge_scores AS (
    SELECT s.item_id, s.bias, t.edge, 0.0 AS vector, t.attribute
    FROM edge_sums t
    JOIN mmsql.serving s ON s.popularity_rank = t.popularity_rank
),
linked_sums AS (
    SELECT t.popularity_rank, sum(t.edge) AS edge, sum(t.attribute) AS attribute
    FROM mmsql._score_terms('history', NULL, false, false) t
    GROUP BY t.popularity_rank
),
visitor_vectors AS (
    SELECT h.vector_weight, u.vector
    FROM (SELECT DISTINCT h.user_id, h.model, h.vector_weight FROM history h) h
    JOIN mmsql.user_vectors u ON u.model = h.model AND u.user_id = h.user_id
    WHERE h.vector_weight <> 0
),
vector_products AS (
    SELECT s.popularity_rank, s.bias, coalesce(v.vector_weight * list_dot_product(v.vector, s.vector), 0) AS vector
    FROM mmsql.serving s
    LEFT JOIN visitor_vectors v ON true
),
all_sums AS MATERIALIZED (
    SELECT s.popularity_rank, s.vector, coalesce(l.edge, 0) AS edge, coalesce(l.attribute, 0) AS attribute,
           coalesce(l.edge, 0) + s.vector + coalesce(l.attribute, 0) + s.bias AS total
    FROM vector_products s
    LEFT JOIN linked_sums l ON l.popularity_rank = s.popularity_rank
),
threshold AS (
    -- The least sum that can be in the list. The margin is for rounding; equal sums are kept.
    SELECT CASE WHEN any_value(p.items) IS NOT NULL THEN min(g.total) - 1e-6 * greatest(1, abs(min(g.total))) END AS total
    FROM popularity_limit p
    CROSS JOIN (
        SELECT unnest(max(t.total, CAST(coalesce(p.items, 1) AS BIGINT))) AS total
        FROM all_sums t
        CROSS JOIN popularity_limit p
    ) g
),
vector_scores AS (
    SELECT s.item_id, s.bias, t.edge, t.vector, t.attribute
    FROM threshold h
    JOIN all_sums t ON t.total >= h.total OR h.total IS NULL
    JOIN mmsql.serving s ON s.popularity_rank = t.popularity_rank
),
ranked AS MATERIALIZED (
    SELECT s.item_id, mmsql._score(s.edge, s.vector, s.attribute, s.bias) AS score, s.edge, s.vector, s.attribute,
           coalesce(x.priority, 0) AS priority,
           mmsql._boosted_score(score, x.boost) AS boosted_score, x.rule_label
    FROM query(CASE WHEN mmsql._model_has('user_vectors') THEN 'FROM vector_scores' ELSE 'FROM edge_scores' END) s
    LEFT JOIN exceptions x ON x.item_id = CAST(s.item_id AS VARCHAR)
    LEFT JOIN passing p ON p.item_id = s.item_id
    WHERE NOT coalesce(x.banned, false)
      AND (NOT mmsql._has_filter(category, brand, min_price, max_price) OR p.item_id IS NOT NULL)
    ORDER BY priority DESC, boosted_score DESC, s.item_id
    LIMIT CAST(coalesce(mmsql._positive_integer(k), 10) AS BIGINT)
)
SELECT CAST(row_number() OVER (
           ORDER BY any_value(r.priority) DESC, any_value(r.boosted_score) DESC, r.item_id
       ) AS INTEGER) AS rank, r.item_id, any_value(i.title) AS title, any_value(r.score) AS score,
       any_value(mmsql._source_label(r.rule_label, r.edge, r.vector, r.attribute, d.algorithm, d.edge_weight)) AS source
FROM ranked r
CROSS JOIN mmsql._deployed() d
LEFT JOIN mmsql.items i ON i.item_id = r.item_id
GROUP BY r.item_id;
