-- The metrics of an evaluation, one row per metric, each with its value for popularity. With slice, one row per slice and
-- metric: for which items and users the recommender is good.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists: a whole number from 1 to the depth of the evaluation
--   slice          NULL, or how the held-out events are sliced:
--                    item_popularity: head (the most popular items that together have a fifth of the training events),
--                      tail (the least popular items that together have a fifth) or middle (the others);
--                    user_activity: low, middle or high. Users are sorted by their number of earlier items and split
--                      into thirds;
--                    any column of mmsql.items or mmsql.users, such as 'category' or your own. If the value is itself a
--                      list, each of its entries counts. The category 'A > B' counts under 'A > B' and under 'A'.
--                      Numbers with more than twelve distinct values form four ranges. If both sources have the column:
--                      'items.NAME' or 'users.NAME'
-- Returns
--   model          VARCHAR, the evaluated model
--   algorithm      VARCHAR, its algorithm
--   split          VARCHAR, leave_last_out, time or cold_items
--   users          BIGINT, users with held-out items. For a user without a list, precision to mrr are 0
--   k              INTEGER
--   metric         VARCHAR: precision, recall, f1, hit_rate, ndcg, map, mrr, catalog_coverage, novelty,
--                  intra_list_diversity, gini, serendipity, average_popularity, calibration, in this order. With slice,
--                  without catalog_coverage, intra_list_diversity and gini, which user_metrics does not have
--   value          DOUBLE, of the evaluated algorithm
--   popularity     DOUBLE, the same metric of lists by popularity; for cold_items, by popularity of the category
--   slice          VARCHAR, NULL for slice := NULL
-- Example
--   FROM mmsql.metrics('graph-1', k := 10);
--   FROM mmsql.metrics('graph-1', k := 10, slice := 'user_activity') WHERE metric = 'ndcg';
CREATE MACRO mmsql.metrics(model := NULL, k := 10, slice := NULL) AS TABLE
WITH chosen AS MATERIALIZED (
    FROM mmsql._evaluated(model := model, k := k)
),
ranking AS MATERIALIZED (
    SELECT c.algorithm, u.slice, count(u.user_id) AS users,
           avg(u.precision) AS precision, avg(u.recall) AS recall, avg(u.f1) AS f1, avg(u.hit_rate) AS hit_rate,
           avg(u.ndcg) AS ndcg, avg(u.map) AS map, avg(u.mrr) AS mrr, avg(u.novelty) AS novelty,
           avg(u.serendipity) AS serendipity, avg(u.average_popularity) AS average_popularity,
           avg(u.calibration) AS calibration
    FROM chosen c
    LEFT JOIN mmsql.user_metrics(model := model, k := k, slice := slice) u ON u.algorithm = c.algorithm
    GROUP BY c.algorithm, u.slice
),
measured AS MATERIALIZED (
    SELECT r.algorithm, r.slice, r.users, unnest([
        {'position': 1, 'metric': 'precision', 'value': r.precision},
        {'position': 2, 'metric': 'recall', 'value': r.recall},
        {'position': 3, 'metric': 'f1', 'value': r.f1},
        {'position': 4, 'metric': 'hit_rate', 'value': r.hit_rate},
        {'position': 5, 'metric': 'ndcg', 'value': r.ndcg},
        {'position': 6, 'metric': 'map', 'value': r.map},
        {'position': 7, 'metric': 'mrr', 'value': r.mrr},
        {'position': 9, 'metric': 'novelty', 'value': r.novelty},
        {'position': 12, 'metric': 'serendipity', 'value': r.serendipity},
        {'position': 13, 'metric': 'average_popularity', 'value': r.average_popularity},
        {'position': 14, 'metric': 'calibration', 'value': r.calibration}
    ], recursive := true)
    FROM ranking r
    UNION ALL
    SELECT r.algorithm, r.slice, r.users, x.position, x.metric, x.value
    FROM ranking r
    JOIN (
        SELECT e.algorithm, unnest([
            {'position': 8, 'metric': 'catalog_coverage', 'value': e.catalog_coverage},
            {'position': 11, 'metric': 'gini', 'value': e.gini}
        ], recursive := true)
        FROM mmsql._exposure_metrics(model := model, k := k) e
        UNION ALL
        SELECT d.algorithm, 10, 'intra_list_diversity', d.value
        FROM mmsql.intra_list_diversity(model := model, k := k) d
    ) x ON x.algorithm = r.algorithm
    WHERE slice IS NULL
)
SELECT c.model AS model, c.evaluated AS algorithm, c.split AS split,
       m.users AS users, c.k AS k, m.metric AS metric,
       m.value AS value, p.value AS popularity, CASE WHEN slice IS NOT NULL THEN m.slice END AS slice
FROM chosen c
JOIN measured m ON m.algorithm = c.algorithm
JOIN measured p ON p.algorithm = 'popularity' AND p.position = m.position AND p.slice IS NOT DISTINCT FROM m.slice
WHERE c.algorithm = c.evaluated AND (slice IS NULL OR m.slice IS NOT NULL)
ORDER BY m.slice, m.position;
