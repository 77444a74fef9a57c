-- The sums of the score terms of each visitor, of all items that can be in the list: for models with user vectors.
--
-- An item without edge and attribute terms has the score vector term + bias. A heap keeps the items with the highest of
-- these sums, so no row per pair of visitor and item is stored. Any other item is in the list only if its edge and
-- attribute terms lift it from the last sum in the heap to the list_length-th best score that is known by then. Items of a
-- group have the same priority and boost, so each group has a heap and a threshold.
--
-- Parameters
--   visitors         name of a step of the calling query: visitor; vector_weight and vector, of the user, or NULL; most,
--                    the items of each group that a heap keeps: list_length, and one for each item that may be excluded
--                    or has a negative edge or attribute term
--   items            name of a step of the calling query: popularity_rank, item_id, bias; vector, or NULL; item_group, a
--                    number
--   linked_sums      name of a step of the calling query: visitor, popularity_rank; edge and attribute, the sums of the
--                    terms of an item with such terms
--   candidates       name of a step of the calling query: visitor and popularity_rank of further candidates
--   excluded         name of a step of the calling query: visitor and popularity_rank of items that are not listed
--   list_length      the items of each group that can be in the list
-- Returns
--   visitor          of the step visitors
--   popularity_rank  INTEGER, an item of the step items
--   edge, vector, attribute    DOUBLE, the sums of the terms of _score_terms
CREATE MACRO mmsql._best_term_sums(visitors, items, linked_sums, candidates, excluded, list_length) AS TABLE
WITH heaps AS MATERIALIZED (
    SELECT v.visitor, i.item_group, any_value(v.most) AS most,
           max_by(
               i.popularity_rank, coalesce(v.vector_weight * list_dot_product(v.vector, i.vector), 0) + i.bias, v.most + 1
           ) AS best
    FROM query_table(visitors) v
    CROSS JOIN query_table(items) i
    WHERE v.vector IS NOT NULL
    GROUP BY v.visitor, i.item_group
),
full_heaps AS (
    SELECT h.visitor, h.item_group, v.vector_weight, v.vector, h.most,
           coalesce(v.vector_weight * list_dot_product(v.vector, i.vector), 0) + i.bias AS last_sum,
           coalesce(v.vector_weight * list_dot_product(v.vector, n.vector), 0) + n.bias AS next_sum
    FROM heaps h
    JOIN query_table(visitors) v ON v.visitor = h.visitor
    JOIN query_table(items) i ON i.popularity_rank = h.best[h.most]
    JOIN query_table(items) n ON n.popularity_rank = h.best[h.most + 1]
),
ties AS MATERIALIZED (
    FROM full_heaps f WHERE mmsql._score(0, f.last_sum, 0, 0) = mmsql._score(0, f.next_sum, 0, 0)
),
tied_items AS (
    -- Of items with the same sum, those with the lowest item_id come first.
    SELECT g.visitor, unnest(g.item_ids) AS item_id
    FROM (
        SELECT t.visitor, min(i.item_id, t.most) AS item_ids
        FROM ties t
        JOIN query_table(items) i ON i.item_group = t.item_group
        WHERE mmsql._score(0, coalesce(t.vector_weight * list_dot_product(t.vector, i.vector), 0), 0, i.bias)
            = mmsql._score(0, t.last_sum, 0, 0)
        GROUP BY t.visitor, t.item_group
    ) g
),
certain AS MATERIALIZED (
    SELECT c.visitor, i.item_group, c.popularity_rank, coalesce(l.edge, 0) AS edge,
           coalesce(v.vector_weight * list_dot_product(v.vector, i.vector), 0) AS vector,
           coalesce(l.attribute, 0) AS attribute, i.bias, e.popularity_rank IS NOT NULL AS is_excluded
    FROM (
        SELECT h.visitor, unnest(h.best) AS popularity_rank FROM heaps h
        UNION
        SELECT t.visitor, i.popularity_rank FROM tied_items t JOIN query_table(items) i ON i.item_id = t.item_id
        UNION
        SELECT p.visitor, p.popularity_rank FROM query_table(candidates) p
    ) c
    JOIN query_table(items) i ON i.popularity_rank = c.popularity_rank
    JOIN query_table(visitors) v ON v.visitor = c.visitor
    LEFT JOIN query_table(linked_sums) l ON l.visitor = c.visitor AND l.popularity_rank = c.popularity_rank
    LEFT JOIN query_table(excluded) e ON e.visitor = c.visitor AND e.popularity_rank = c.popularity_rank
),
thresholds AS (
    -- The smallest sum of edge and attribute terms with which an item outside of the heap can be in the list. No item
    -- is outside of a heap that is not full. The margin is for rounding.
    SELECT h.visitor, h.item_group, CASE
               WHEN len(h.best) <= h.most THEN 'Infinity'
               WHEN len(c.scores) < list_length THEN '-Infinity'
               ELSE c.scores[list_length] - f.last_sum - 1e-9 * greatest(1, abs(f.last_sum), abs(c.scores[list_length]))
           END AS least_sum
    FROM heaps h
    LEFT JOIN full_heaps f ON f.visitor = h.visitor AND f.item_group = h.item_group
    LEFT JOIN (
        SELECT x.visitor, x.item_group,
               max(x.edge + x.vector + x.attribute + x.bias, CAST(list_length AS BIGINT)) FILTER (NOT x.is_excluded) AS scores
        FROM certain x
        GROUP BY x.visitor, x.item_group
    ) c ON c.visitor = h.visitor AND c.item_group = h.item_group
),
lifted AS MATERIALIZED (
    SELECT l.visitor, l.popularity_rank, l.edge, l.attribute
    FROM query_table(linked_sums) l
    JOIN query_table(items) i ON i.popularity_rank = l.popularity_rank
    LEFT JOIN thresholds t ON t.visitor = l.visitor AND t.item_group = i.item_group
    WHERE l.edge + l.attribute >= coalesce(t.least_sum, '-Infinity')
)
SELECT c.visitor, c.popularity_rank, any_value(c.edge) AS edge, any_value(c.vector) AS vector,
       any_value(c.attribute) AS attribute
FROM (
    SELECT c.visitor, c.popularity_rank, c.edge, c.vector, c.attribute FROM certain c WHERE NOT c.is_excluded
    UNION ALL
    SELECT l.visitor, l.popularity_rank, l.edge,
           coalesce(v.vector_weight * list_dot_product(v.vector, i.vector), 0) AS vector, l.attribute
    FROM lifted l
    JOIN query_table(items) i ON i.popularity_rank = l.popularity_rank
    JOIN query_table(visitors) v ON v.visitor = l.visitor
) c
GROUP BY c.visitor, c.popularity_rank;
