-- The figures of an evaluation, one row a metric, with popularity's beside them.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists: a whole number from 1 to the depth of the evaluation
-- Returns
--   model          VARCHAR, the evaluated model
--   algorithm      VARCHAR, its algorithm
--   split          VARCHAR, leave_last_out, time or cold_items
--   users          BIGINT, users with held-out items; one without a list has 0 in the first seven metrics
--   k              INTEGER
--   metric         VARCHAR: precision, recall, f1, hit_rate, ndcg, map, mrr, catalog_coverage, novelty,
--                  intra_list_diversity, gini, in this order
--   value          DOUBLE, of the evaluated algorithm
--   popularity     DOUBLE, the same metric of lists by popularity; for cold_items, by that of their category
-- Example
--   FROM mmsql.metrics('graph-1', k := 10);
CREATE MACRO mmsql.metrics(model := NULL, k := 10) AS TABLE
WITH chosen AS MATERIALIZED (
    FROM mmsql._evaluated(model := model, k := k)
),
ranking AS MATERIALIZED (
    SELECT c.algorithm, count(h.user_id) AS users,
           avg(mmsql.precision(h.hit_ranks, h.held_out, c.k)) AS precision_at_k,
           avg(mmsql.recall(h.hit_ranks, h.held_out, c.k)) AS recall_at_k,
           avg(mmsql.f1(h.hit_ranks, h.held_out, c.k)) AS f1_at_k,
           avg(mmsql.hit_rate(h.hit_ranks, h.held_out, c.k)) AS hit_rate_at_k,
           avg(mmsql.ndcg(h.hit_ranks, h.held_out, c.k)) AS ndcg_at_k,
           avg(mmsql.average_precision(h.hit_ranks, h.held_out, c.k)) AS map_at_k,
           avg(mmsql.reciprocal_rank(h.hit_ranks, h.held_out, c.k)) AS mrr_at_k
    FROM chosen c
    LEFT JOIN mmsql.user_hits(model := model, k := k) h ON h.algorithm = c.algorithm
    GROUP BY c.algorithm
),
measured AS MATERIALIZED (
    SELECT r.algorithm, unnest([
        {'position': 1, 'metric': 'precision', 'value': r.precision_at_k},
        {'position': 2, 'metric': 'recall', 'value': r.recall_at_k},
        {'position': 3, 'metric': 'f1', 'value': r.f1_at_k},
        {'position': 4, 'metric': 'hit_rate', 'value': r.hit_rate_at_k},
        {'position': 5, 'metric': 'ndcg', 'value': r.ndcg_at_k},
        {'position': 6, 'metric': 'map', 'value': r.map_at_k},
        {'position': 7, 'metric': 'mrr', 'value': r.mrr_at_k}
    ], recursive := true)
    FROM ranking r
    UNION ALL
    SELECT x.algorithm, 8, 'catalog_coverage', x.value FROM mmsql.catalog_coverage(model := model, k := k) x
    UNION ALL
    SELECT x.algorithm, 9, 'novelty', x.value FROM mmsql.novelty(model := model, k := k) x
    UNION ALL
    SELECT x.algorithm, 10, 'intra_list_diversity', x.value
    FROM mmsql.intra_list_diversity(model := model, k := k) x
    UNION ALL
    SELECT x.algorithm, 11, 'gini', x.value FROM mmsql.gini(model := model, k := k) x
)
SELECT c.model AS model, c.evaluated AS algorithm, c.split AS split,
       r.users AS users, c.k AS k, m.metric AS metric,
       m.value AS value, p.value AS popularity
FROM chosen c
JOIN ranking r ON r.algorithm = c.algorithm
JOIN measured m ON m.algorithm = c.algorithm
JOIN measured p ON p.algorithm = 'popularity' AND p.position = m.position
WHERE c.algorithm = c.evaluated
ORDER BY m.position;
