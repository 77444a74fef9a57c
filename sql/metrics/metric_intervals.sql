-- The confidence intervals of the metrics of an evaluation that are means over users.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
--   confidence     the confidence level: the share of intervals that contain the true value, above 0 and below 1
--   samples        number of bootstrap samples, from 100 to 10,000
--   slice          as in metrics
-- Returns
--   model          VARCHAR, the evaluated model
--   algorithm      VARCHAR, its algorithm
--   users          BIGINT, users with a value of the metric
--   k              INTEGER
--   metric         VARCHAR: precision, recall, f1, hit_rate, ndcg, map, mrr, novelty, serendipity, average_popularity,
--                  calibration, in this order. catalog_coverage and gini are not means over users. They measure the
--                  whole catalog, and a bootstrap sample, which repeats users, would change it. intra_list_diversity is
--                  not in user_metrics
--   value          DOUBLE
--   low            DOUBLE
--   high           DOUBLE
--   slice          VARCHAR, NULL for slice := NULL
-- Source
--   Percentile interval of a Poisson bootstrap: in each sample, a user counts as often as a Poisson number with mean 1.
--   The Poisson numbers come from a hash, not from a random generator. So the same file always gives the same interval.
--   Users form 1,000 groups by the hash of their id, and each group is drawn as a whole: the work does not grow with
--   the number of users. From about 50 users on, the intervals contain the true value at the stated rate. Efron,
--   Bootstrap methods, Annals of Statistics 7(1), 1979; Chamandy et al., Estimating uncertainty for massive data
--   streams, Google, 2012.
-- Example
--   FROM mmsql.metric_intervals('graph-1', k := 10, confidence := 0.95);
CREATE MACRO mmsql.metric_intervals(model := NULL, k := 10, confidence := 0.95, samples := 1000, slice := NULL) AS TABLE
WITH checked AS MATERIALIZED (
    SELECT CASE WHEN coalesce(TRY_CAST(confidence AS DOUBLE) > 0 AND TRY_CAST(confidence AS DOUBLE) < 1, false)
                THEN TRY_CAST(confidence AS DOUBLE)
                ELSE error('confidence must be above 0 and below 1, ' || coalesce(CAST(confidence AS VARCHAR), 'NULL')
                    || ' was given. Type confidence := 0.95.') END AS confidence,
           CASE WHEN coalesce(TRY_CAST(samples AS DOUBLE) BETWEEN 100 AND 10000, false) THEN TRY_CAST(samples AS BIGINT)
                ELSE error('samples must be from 100 to 10000, ' || coalesce(CAST(samples AS VARCHAR), 'NULL')
                    || ' was given. Type samples := 1000.') END AS samples
),
group_totals AS MATERIALIZED (
    SELECT c.model, c.evaluated, c.k, u.slice, hash(CAST(u.user_id AS VARCHAR) || '|group') % 1000 AS user_group, unnest([
        {'position': 1, 'metric': 'precision', 'users': count(u.precision), 'total': sum(u.precision)},
        {'position': 2, 'metric': 'recall', 'users': count(u.recall), 'total': sum(u.recall)},
        {'position': 3, 'metric': 'f1', 'users': count(u.f1), 'total': sum(u.f1)},
        {'position': 4, 'metric': 'hit_rate', 'users': count(u.hit_rate), 'total': sum(u.hit_rate)},
        {'position': 5, 'metric': 'ndcg', 'users': count(u.ndcg), 'total': sum(u.ndcg)},
        {'position': 6, 'metric': 'map', 'users': count(u.map), 'total': sum(u.map)},
        {'position': 7, 'metric': 'mrr', 'users': count(u.mrr), 'total': sum(u.mrr)},
        {'position': 8, 'metric': 'novelty', 'users': count(u.novelty), 'total': sum(u.novelty)},
        {'position': 9, 'metric': 'serendipity', 'users': count(u.serendipity), 'total': sum(u.serendipity)},
        {'position': 10, 'metric': 'average_popularity', 'users': count(u.average_popularity),
         'total': sum(u.average_popularity)},
        {'position': 11, 'metric': 'calibration', 'users': count(u.calibration), 'total': sum(u.calibration)}
    ], recursive := true)
    FROM mmsql._evaluated(model := model, k := k) c
    JOIN mmsql.user_metrics(model := model, k := k, slice := slice) u ON u.algorithm = c.algorithm
    WHERE c.algorithm = c.evaluated
    GROUP BY c.model, c.evaluated, c.k, u.slice, user_group
),
draws AS (
    -- The number of times that a sample contains a group: a Poisson number from a uniform one, by the distribution function.
    SELECT p.user_group, p.sample, len(list_filter(
               [0.367879441171, 0.735758882343, 0.919698602929, 0.981011843124, 0.996340153173, 0.999405815182,
                0.999916758850, 0.999989750803, 0.999998874797], lambda probability: probability <= p.uniform
           )) AS times
    FROM (
        SELECT g.user_group, r.sample, hash(CAST(g.user_group * 10000 + r.sample AS BIGINT)) / 18446744073709551616.0 AS uniform
        FROM (SELECT DISTINCT x.user_group FROM group_totals x) g
        CROSS JOIN (SELECT unnest(range(c.samples)) AS sample FROM checked c) r
    ) p
),
sample_means AS (
    SELECT g.slice, g.position, d.sample, sum(d.times * g.total) / nullif(sum(d.times * g.users), 0) AS value
    FROM draws d
    JOIN group_totals g ON g.user_group = d.user_group
    WHERE d.times > 0
    GROUP BY g.slice, g.position, d.sample
),
sorted_means AS (
    SELECT m.slice, m.position, list(m.value ORDER BY m.value) AS means,
           (count(*) - 1) * (1 - any_value(c.confidence)) / 2 AS below
    FROM sample_means m
    CROSS JOIN checked c
    WHERE m.value IS NOT NULL
    GROUP BY m.slice, m.position
),
measured AS (
    SELECT g.model, g.evaluated, g.k, g.slice, g.position, g.metric, CAST(sum(g.users) AS BIGINT) AS users,
           sum(g.total) / nullif(sum(g.users), 0) AS value
    FROM group_totals g
    GROUP BY g.model, g.evaluated, g.k, g.slice, g.position, g.metric
)
SELECT m.model AS model, m.evaluated AS algorithm, m.users AS users, m.k AS k, m.metric AS metric, m.value AS value,
       o.means[1 + CAST(floor(o.below) AS BIGINT)] * (1 - (o.below - floor(o.below)))
       + o.means[2 + CAST(floor(o.below) AS BIGINT)] * (o.below - floor(o.below)) AS low,
       o.means[-1 - CAST(floor(o.below) AS BIGINT)] * (1 - (o.below - floor(o.below)))
       + o.means[-2 - CAST(floor(o.below) AS BIGINT)] * (o.below - floor(o.below)) AS high,
       CASE WHEN slice IS NOT NULL THEN m.slice END AS slice
FROM measured m
LEFT JOIN sorted_means o ON o.slice = m.slice AND o.position = m.position
ORDER BY m.slice, m.position;
