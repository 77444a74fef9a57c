-- A comparison of two models on the users for whom both were evaluated: for each metric, a paired test of the
-- difference.
--
-- Parameters
--   a              an evaluated model such as 'graph-2' or algorithm such as 'graph'
--   b              another one; 'popularity' for the popularity lists of the evaluation of a
--   k              length of the lists
--   confidence     of the interval, above 0 and below 1
-- Returns
--   metric         VARCHAR: precision, recall, f1, hit_rate, ndcg, map, mrr, novelty, serendipity, average_popularity,
--                  calibration, in this order
--   users          BIGINT, users with a value from both
--   a              DOUBLE, mean of the first
--   b              DOUBLE, mean of the second
--   difference     DOUBLE, a - b
--   low            DOUBLE, lower end of the interval of the difference; NULL for fewer than ten users
--   high           DOUBLE, its upper end
--   p_value        DOUBLE: the probability that two equally good models differ at least this much. NULL for fewer than
--                  ten users, and if there is no difference
-- Source
--   Paired t-test: t = mean(d) / (s(d) / sqrt(n)) over the users' differences d, two-sided. The tail of the t
--   distribution by Hill, Algorithm 395, CACM 13(10), 1970; its quantile by the expansion of Abramowitz and Stegun,
--   26.7.5. Smucker, Allan and Carterette, A comparison of statistical significance tests for information retrieval
--   evaluation, CIKM 2007. Each metric is a separate test. Decide before you compare which metric counts.
-- Example
--   FROM mmsql.compare_models('graph-1', 'popularity', k := 10);
CREATE MACRO mmsql.compare_models(a, b, k := 10, confidence := 0.95) AS TABLE
WITH first AS MATERIALIZED (
    SELECT e.evaluation, e.algorithm, v.split, v.seed
    FROM mmsql._evaluated(model := a, k := k) e
    JOIN mmsql.evaluations v ON v.evaluation = e.evaluation
    WHERE e.algorithm = e.evaluated
),
second AS MATERIALIZED (
    SELECT e.evaluation, e.algorithm, v.split, v.seed
    FROM mmsql._evaluated(model := CASE WHEN CAST(b AS VARCHAR) = 'popularity' THEN a ELSE b END, k := k) e
    JOIN mmsql.evaluations v ON v.evaluation = e.evaluation
    WHERE e.algorithm = CASE WHEN CAST(b AS VARCHAR) = 'popularity' THEN 'popularity' ELSE e.evaluated END
),
checked AS MATERIALIZED (
    SELECT CASE
        WHEN a IS NULL OR b IS NULL THEN error('compare_models needs two evaluated models, '
            || coalesce(CAST(a AS VARCHAR), 'NULL') || ' and ' || coalesce(CAST(b AS VARCHAR), 'NULL')
            || ' were given. Type compare_models(''graph'', ''popularity'').')
        WHEN NOT coalesce(TRY_CAST(confidence AS DOUBLE) > 0 AND TRY_CAST(confidence AS DOUBLE) < 1, false)
            THEN error('confidence must be above 0 and below 1, ' || coalesce(CAST(confidence AS VARCHAR), 'NULL')
                || ' was given. Type confidence := 0.95.')
        WHEN f.split <> s.split OR f.seed <> s.seed
            THEN error(CAST(a AS VARCHAR) || ' was evaluated on ' || f.split || ' with seed ' || f.seed || ', '
                || CAST(b AS VARCHAR) || ' on ' || s.split || ' with seed ' || s.seed
                || ': these cannot be compared. Run CALL evaluate(model := ..., split := ''' || f.split || ''', seed := '
                || f.seed || ').')
        ELSE TRY_CAST(confidence AS DOUBLE) END AS confidence
    FROM first f
    CROSS JOIN second s
),
metrics_a AS MATERIALIZED (
    SELECT u.* FROM mmsql.user_metrics(model := a, k := k) u JOIN first f ON f.algorithm = u.algorithm
),
metrics_b AS MATERIALIZED (
    SELECT u.*
    FROM mmsql.user_metrics(model := CASE WHEN CAST(b AS VARCHAR) = 'popularity' THEN a ELSE b END, k := k) u
    JOIN second s ON s.algorithm = u.algorithm
),
pairs AS (
    SELECT unnest([
        {'position': 1, 'metric': 'precision', 'one': x.precision, 'other': y.precision},
        {'position': 2, 'metric': 'recall', 'one': x.recall, 'other': y.recall},
        {'position': 3, 'metric': 'f1', 'one': x.f1, 'other': y.f1},
        {'position': 4, 'metric': 'hit_rate', 'one': x.hit_rate, 'other': y.hit_rate},
        {'position': 5, 'metric': 'ndcg', 'one': x.ndcg, 'other': y.ndcg},
        {'position': 6, 'metric': 'map', 'one': x.map, 'other': y.map},
        {'position': 7, 'metric': 'mrr', 'one': x.mrr, 'other': y.mrr},
        {'position': 8, 'metric': 'novelty', 'one': x.novelty, 'other': y.novelty},
        {'position': 9, 'metric': 'serendipity', 'one': x.serendipity, 'other': y.serendipity},
        {'position': 10, 'metric': 'average_popularity', 'one': x.average_popularity, 'other': y.average_popularity},
        {'position': 11, 'metric': 'calibration', 'one': x.calibration, 'other': y.calibration}
    ], recursive := true)
    FROM metrics_a x
    JOIN metrics_b y ON y.user_id = x.user_id
),
measured AS (
    SELECT p.position, p.metric, count(p.one - p.other) AS users,
           avg(p.one) FILTER (WHERE p.other IS NOT NULL) AS one, avg(p.other) FILTER (WHERE p.one IS NOT NULL) AS other,
           avg(p.one - p.other) AS difference, stddev_samp(p.one - p.other) / sqrt(count(p.one - p.other)) AS deviation
    FROM pairs p
    GROUP BY p.position, p.metric
),
tested AS (
    SELECT m.position, m.metric, m.users, m.one, m.other, m.difference, m.deviation, m.users - 1 AS degrees,
           mmsql.normal_quantile((1 + c.confidence) / 2) AS z,
           sqrt((m.users - 1.5) * ln(1 + pow(m.difference / nullif(m.deviation, 0), 2) / (m.users - 1))) AS w,
           48 * pow(m.users - 1.5, 2) AS scale
    FROM measured m
    CROSS JOIN checked c
)
SELECT t.metric AS metric, t.users AS users, t.one AS a, t.other AS b, t.difference AS difference,
       CASE WHEN t.users >= 10 THEN t.difference - r.margin END AS low,
       CASE WHEN t.users >= 10 THEN t.difference + r.margin END AS high,
       CASE WHEN t.users >= 10
            THEN 2 * mmsql.normal_cdf(-(t.w + (pow(t.w, 3) + 3 * t.w) / t.scale
                 - (4 * pow(t.w, 7) + 33 * pow(t.w, 5) + 240 * pow(t.w, 3) + 855 * t.w)
                   / (10 * t.scale * (t.scale + 0.8 * pow(t.w, 4) + 100)))) END AS p_value
FROM tested t
CROSS JOIN LATERAL (
    SELECT t.deviation * (
        t.z + (pow(t.z, 3) + t.z) / (4 * t.degrees) + (5 * pow(t.z, 5) + 16 * pow(t.z, 3) + 3 * t.z) / (96 * pow(t.degrees, 2))
        + (3 * pow(t.z, 7) + 19 * pow(t.z, 5) + 17 * pow(t.z, 3) - 15 * t.z) / (384 * pow(t.degrees, 3))
        + (79 * pow(t.z, 9) + 776 * pow(t.z, 7) + 1482 * pow(t.z, 5) - 1920 * pow(t.z, 3) - 945 * t.z)
          / (92160 * pow(t.degrees, 4))
    ) AS margin
) r
ORDER BY t.position;
