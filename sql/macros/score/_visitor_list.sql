-- The ranked list of one visitor, for recommend and recommend_session.
-- The result equals that of _ranked, in two thirds of the time or less. This macro has no caps, no diversity and no
-- exclude_events. It counts the n items that are excluded or that a rule changes. Then it reads the k + n most popular
-- items.
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
    SELECT least(count(*) + least(coalesce(mmsql._positive_integer(k), 10), mmsql._max_heap_size()),
                 mmsql._max_heap_size()) AS items
    FROM exceptions x
),
popularity_candidates AS (
    SELECT s.popularity_rank, 0.0 AS edge, 0.0 AS vector, 0.0 AS attribute
    FROM mmsql.serving s
    WHERE s.popularity_rank <= (SELECT l.items FROM popularity_limit l)
      AND NOT mmsql._has_filter(category, brand, min_price, max_price)
    UNION ALL
    SELECT unnest(g.popularity_ranks) AS popularity_rank, 0.0 AS edge, 0.0 AS vector, 0.0 AS attribute
    FROM (
        SELECT min(s.popularity_rank, CAST(l.items AS BIGINT)) AS popularity_ranks
        FROM passing p
        JOIN mmsql.serving s ON s.item_id = p.item_id
        CROSS JOIN popularity_limit l
    ) g
    UNION ALL
    SELECT s.popularity_rank, 0.0 AS edge, 0.0 AS vector, 0.0 AS attribute
    FROM exceptions x
    JOIN mmsql.serving s ON CAST(s.item_id AS VARCHAR) = x.item_id
    WHERE x.priority > 0 OR x.boost > 1
),
term_sums AS (
    SELECT t.popularity_rank, sum(t.edge) AS edge, sum(t.vector) AS vector, sum(t.attribute) AS attribute
    FROM (
        SELECT t.popularity_rank, t.edge, t.vector, t.attribute FROM mmsql._score_terms('history', NULL, false, true) t
        UNION ALL
        FROM popularity_candidates
    ) t
    GROUP BY t.popularity_rank
),
ranked AS MATERIALIZED (
    SELECT s.item_id, mmsql._score(t.edge, t.vector, t.attribute, s.bias) AS score, t.edge, t.vector, t.attribute,
           coalesce(x.priority, 0) AS priority,
           mmsql._boosted_score(score, x.boost) AS boosted_score, x.rule_label
    FROM term_sums t
    JOIN mmsql.serving s ON s.popularity_rank = t.popularity_rank
    LEFT JOIN exceptions x ON x.item_id = CAST(s.item_id AS VARCHAR)
    LEFT JOIN passing p ON p.item_id = s.item_id
    WHERE NOT coalesce(x.banned, false)
      AND (NOT mmsql._has_filter(category, brand, min_price, max_price) OR p.item_id IS NOT NULL)
    ORDER BY priority DESC, boosted_score DESC, s.item_id
    LIMIT CAST(coalesce(mmsql._positive_integer(k), 10) AS BIGINT)
)
SELECT CAST(row_number() OVER (ORDER BY r.priority DESC, r.boosted_score DESC, r.item_id) AS INTEGER) AS rank, r.item_id,
       any_value(i.title) AS title, r.score,
       mmsql._source_label(r.rule_label, r.edge, r.vector, r.attribute, d.algorithm, d.edge_weight) AS source
FROM ranked r
CROSS JOIN mmsql._deployed() d
LEFT JOIN mmsql.items i ON i.item_id = r.item_id
GROUP BY r.item_id, r.score, r.priority, r.boosted_score, r.rule_label, r.edge, r.vector, r.attribute, d.algorithm,
         d.edge_weight;
