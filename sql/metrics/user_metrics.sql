-- The metrics of every evaluated user, to join with your own tables or to group by any column.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
--   slice          as in metrics. precision to mrr and serendipity use only the held-out events of the slice
-- Returns
--   algorithm      VARCHAR: the evaluated algorithm, or popularity
--   slice          VARCHAR, 'all' for slice := NULL
--   user_id        the user; with a slice, one row per slice with a held-out item of the user
--   held_out       BIGINT, number of these items
--   precision, recall, f1, hit_rate, ndcg, map, mrr
--                  DOUBLE, 0 for a user without a list
--   novelty, serendipity, average_popularity, calibration
--                  DOUBLE, NULL for a user without a list, and calibration without categories
-- Example
--   SELECT u.user_id, u.ndcg FROM mmsql.user_metrics('graph-1', k := 10) u
--   WHERE u.algorithm = 'graph' ORDER BY u.ndcg, u.user_id LIMIT 5;
CREATE MACRO mmsql.user_metrics(model := NULL, k := 10, slice := NULL) AS TABLE
WITH chosen AS MATERIALIZED (
    -- A BOOLEAN for the algorithm: it is faster to group and join by than a name.
    SELECT c.evaluation, c.algorithm, c.algorithm = c.evaluated AS is_evaluated, c.training_users, c.k
    FROM mmsql._evaluated(model := model, k := k) c
),
items AS MATERIALIZED (
    SELECT i.item_id, i.events, log2(greatest(c.training_users / greatest(i.events, 1), 1)) AS information,
           -- The popularity of the item, by its rank among the distinct counts of events.
           CASE WHEN i.events > 0 THEN (count(*) OVER () + 1 - dense_rank() OVER (ORDER BY i.events DESC)) END AS popularity,
           count(*) OVER () AS catalog
    FROM mmsql.evaluation_items i
    JOIN (SELECT DISTINCT d.evaluation, d.training_users FROM chosen d) c ON c.evaluation = i.evaluation
),
held_out AS MATERIALIZED (
    FROM mmsql._slices(model := model, k := k, slice := slice)
),
evaluated_users AS (
    SELECT h.slice, h.user_id, count(*) AS held_out FROM held_out h GROUP BY h.slice, h.user_id
),
hits AS (
    SELECT c.is_evaluated, h.slice, l.user_id, list(l.rank) AS hit_ranks,
           sum(greatest(i.catalog + 1 - l.rank - coalesce(i.popularity, 0), 0) / i.catalog) AS unexpected
    FROM mmsql.evaluation_lists l
    JOIN chosen c ON c.evaluation = l.evaluation AND c.algorithm = l.algorithm AND c.k >= l.rank
    JOIN held_out h ON h.user_id = l.user_id AND h.item_id = l.item_id
    LEFT JOIN items i ON i.item_id = l.item_id
    GROUP BY c.is_evaluated, h.slice, l.user_id
),
lists AS (
    SELECT c.is_evaluated, l.user_id, count(*) AS items, avg(i.information) AS information, avg(coalesce(i.events, 0)) AS events
    FROM mmsql.evaluation_lists l
    JOIN chosen c ON c.evaluation = l.evaluation AND c.algorithm = l.algorithm AND c.k >= l.rank
    LEFT JOIN items i ON i.item_id = l.item_id
    GROUP BY c.is_evaluated, l.user_id
),
user_hits AS MATERIALIZED (
    SELECT t.is_evaluated, t.slice, t.user_id, t.hit_ranks, t.unexpected, u.held_out
    FROM hits t
    JOIN evaluated_users u ON u.slice = t.slice AND u.user_id = t.user_id
),
-- Many users have the same hits: their metrics are computed once.
scored AS MATERIALIZED (
    SELECT f.hit_ranks, f.held_out,
           mmsql.precision(f.hit_ranks, f.held_out, c.k) AS precision, mmsql.recall(f.hit_ranks, f.held_out, c.k) AS recall,
           mmsql.f1(f.hit_ranks, f.held_out, c.k) AS f1, mmsql.hit_rate(f.hit_ranks, f.held_out, c.k) AS hit_rate,
           mmsql.ndcg(f.hit_ranks, f.held_out, c.k) AS ndcg, mmsql.average_precision(f.hit_ranks, f.held_out, c.k) AS map,
           mmsql.reciprocal_rank(f.hit_ranks, f.held_out, c.k) AS mrr
    FROM (SELECT DISTINCT t.hit_ranks, t.held_out FROM user_hits t) f
    CROSS JOIN (SELECT DISTINCT d.k FROM chosen d) c
)
SELECT c.algorithm AS algorithm, u.slice AS slice, u.user_id AS user_id, u.held_out AS held_out,
       coalesce(t.precision, 0) AS precision, coalesce(t.recall, 0) AS recall, coalesce(t.f1, 0) AS f1,
       coalesce(t.hit_rate, 0) AS hit_rate, coalesce(t.ndcg, 0) AS ndcg, coalesce(t.map, 0) AS map,
       coalesce(t.mrr, 0) AS mrr, l.information AS novelty, coalesce(t.unexpected, 0) / l.items AS serendipity,
       l.events AS average_popularity, x.value AS calibration
FROM chosen c
CROSS JOIN evaluated_users u
LEFT JOIN (
    SELECT f.is_evaluated, f.slice, f.user_id, f.unexpected, s.precision, s.recall, s.f1, s.hit_rate, s.ndcg, s.map, s.mrr
    FROM user_hits f
    JOIN scored s ON s.hit_ranks = f.hit_ranks AND s.held_out = f.held_out
) t ON t.is_evaluated = c.is_evaluated AND t.slice = u.slice AND t.user_id = u.user_id
LEFT JOIN lists l ON l.is_evaluated = c.is_evaluated AND l.user_id = u.user_id
LEFT JOIN mmsql._user_calibration(model := model, k := k) x ON x.algorithm = c.algorithm AND x.user_id = u.user_id;
