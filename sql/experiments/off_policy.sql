-- An estimate of the reward of a model's lists, from logged impressions of another policy with their propensities.
--
-- Parameters
--   model          a model of mmsql.recommendations; NULL for the deployed one
--   reward         clicked, converted or value, a column of mmsql.impressions
--   experiment     only impressions of this experiment; NULL for all
--   max_weight     upper limit of the weights: less variance, and a bias towards the logged items; NULL for no limit
--   confidence     of the interval, above 0 and below 1
-- Returns
--   estimator      VARCHAR: logged (the reward of the logged items), ips, snips, doubly_robust, in this order
--   value          DOUBLE, reward per impression
--   low            DOUBLE, lower end of the interval
--   high           DOUBLE, its upper end
--   lift           DOUBLE, value / value of logged - 1
--   impressions    BIGINT, logged impressions of a user and a rank for which the model's stored lists have an item
--   matched        BIGINT, impressions of the item that the model has at that rank
--   effective      DOUBLE, effective sample size, (sum w)² / sum w²: below about 100, the estimates mean nothing
-- Source
--   A logged row has a user, a rank, the item shown there, the probability p of showing it, and a reward r. A row
--   without a rank counts as rank 1. w is 1 / p if the model has the same item at that rank, else 0. ips: mean(w r).
--   snips: sum(w r) / sum(w). doubly_robust: mean(q(model's item) + w (r - q(logged item))). q(item) is the mean reward
--   of the item. The users form two halves; q is computed on the half without the row's user, shrunk towards that
--   half's mean reward, which counts as ten impressions. Rows of one user are dependent, so the deviations are summed
--   per user; the intervals assume a normal distribution. ips and doubly_robust are unbiased if the propensities are
--   true and if every item of the lists had a propensity above 0. A reward is assumed not to depend on the rest of the
--   list. Horvitz and Thompson, JASA 47, 1952; Swaminathan and Joachims, The self-normalized estimator for
--   counterfactual learning, NeurIPS 2015; Dudík, Langford and Li, Doubly robust policy evaluation and learning, ICML
--   2011.
-- Example
--   FROM mmsql.off_policy(reward := 'clicked');
CREATE MACRO mmsql.off_policy(
    model := NULL, reward := 'clicked', experiment := NULL, max_weight := NULL, confidence := 0.95
) AS TABLE
WITH chosen_model AS MATERIALIZED (
    SELECT coalesce(CAST(model AS VARCHAR), mmsql._deployed_model()) AS name
),
policy AS MATERIALIZED (
    SELECT CAST(r.user_id AS VARCHAR) AS user_id, r.rank, CAST(r.item_id AS VARCHAR) AS item_id
    FROM mmsql.recommendations r
    JOIN chosen_model n ON n.name = r.model
),
logged AS MATERIALIZED (
    SELECT CAST(i.user_id AS VARCHAR) AS user_id, coalesce(i.rank, 1) AS rank, CAST(i.item_id AS VARCHAR) AS item_id,
           i.propensity, hash(CAST(i.user_id AS VARCHAR) || '|half') % 2 AS half,
           CASE CAST(reward AS VARCHAR) WHEN 'clicked' THEN CAST(coalesce(i.clicked, false) AS DOUBLE)
                WHEN 'converted' THEN CAST(coalesce(i.converted, false) AS DOUBLE) ELSE coalesce(i.value, 0) END AS reward
    FROM mmsql.impressions i
    WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL
      AND (experiment IS NULL OR i.experiment = CAST(experiment AS VARCHAR))
),
checked AS MATERIALIZED (
    SELECT CASE
        WHEN NOT coalesce(CAST(reward AS VARCHAR) IN ('clicked', 'converted', 'value'), false)
            THEN error('Unknown reward ' || coalesce(CAST(reward AS VARCHAR), 'NULL')
                || '. Allowed: clicked, converted, value.')
        WHEN NOT coalesce(TRY_CAST(confidence AS DOUBLE) > 0 AND TRY_CAST(confidence AS DOUBLE) < 1, false)
            THEN error('confidence must be above 0 and below 1, ' || coalesce(CAST(confidence AS VARCHAR), 'NULL')
                || ' was given. Type confidence := 0.95.')
        WHEN max_weight IS NOT NULL AND NOT coalesce(TRY_CAST(max_weight AS DOUBLE) >= 1, false)
            THEN error('max_weight must be a number of at least 1, ' || CAST(max_weight AS VARCHAR)
                || ' was given. Type max_weight := 100.')
        WHEN NOT EXISTS (FROM policy)
            THEN error(coalesce((SELECT n.name FROM chosen_model n), 'No model') || ' has no lists in mmsql.recommendations. '
                || 'Models with lists: ' || coalesce(
                    (SELECT string_agg(DISTINCT r.model, ', ' ORDER BY r.model) FROM mmsql.recommendations r), 'none') || '.')
        WHEN l.rows = 0
            THEN error('There is no impression' || coalesce(' of the experiment ' || CAST(experiment AS VARCHAR), '')
                || ' in mmsql.impressions.')
        WHEN l.unusable > 0
            THEN error(l.unusable || ' impressions have no propensity above 0 and up to 1: log the probability with which '
                || 'the item was shown at its rank.')
        ELSE mmsql.normal_quantile((1 + TRY_CAST(confidence AS DOUBLE)) / 2) END AS z
    FROM (
        SELECT count(*) AS rows,
               count(*) FILTER (WHERE NOT coalesce(x.propensity > 0 AND x.propensity <= 1, false)) AS unusable
        FROM logged x
    ) l
),
half_means AS (
    SELECT l.half, avg(l.reward) AS mean FROM logged l GROUP BY l.half
),
item_rewards AS MATERIALIZED (
    SELECT l.half, l.item_id, (sum(l.reward) + 10 * any_value(o.mean)) / (count(*) + 10) AS reward
    FROM logged l
    JOIN half_means o ON o.half = l.half
    GROUP BY l.half, l.item_id
),
weighted AS MATERIALIZED (
    SELECT l.user_id, l.reward, l.item_id = p.item_id AS matched,
           CASE WHEN l.item_id = p.item_id THEN least(1 / l.propensity, coalesce(TRY_CAST(max_weight AS DOUBLE), 'inf'))
                ELSE 0 END AS weight,
           coalesce(a.reward, o.mean, 0) AS logged_item_reward, coalesce(b.reward, o.mean, 0) AS model_item_reward
    FROM logged l
    JOIN policy p ON p.user_id = l.user_id AND p.rank = l.rank
    LEFT JOIN half_means o ON o.half = 1 - l.half
    LEFT JOIN item_rewards a ON a.half = 1 - l.half AND a.item_id = l.item_id
    LEFT JOIN item_rewards b ON b.half = 1 - l.half AND b.item_id = p.item_id
),
totals AS MATERIALIZED (
    SELECT count(*) AS n, count(*) FILTER (WHERE w.matched) AS matched, sum(w.weight) AS weight,
           pow(sum(w.weight), 2) / nullif(sum(pow(w.weight, 2)), 0) AS effective, avg(w.reward) AS logged,
           avg(w.weight * w.reward) AS ips, sum(w.weight * w.reward) / nullif(sum(w.weight), 0) AS snips,
           avg(w.model_item_reward + w.weight * (w.reward - w.logged_item_reward)) AS doubly_robust
    FROM weighted w
),
deviations AS (
    SELECT pow(sum(w.reward - t.logged), 2) AS logged, pow(sum(w.weight * w.reward - t.ips), 2) AS ips,
           pow(sum(w.weight * (w.reward - t.snips)) / nullif(any_value(t.weight) / any_value(t.n), 0), 2) AS snips,
           pow(sum(w.model_item_reward + w.weight * (w.reward - w.logged_item_reward) - t.doubly_robust), 2) AS doubly_robust
    FROM weighted w
    CROSS JOIN totals t
    GROUP BY w.user_id
),
errors AS (
    SELECT sqrt(sum(d.logged)) AS logged, sqrt(sum(d.ips)) AS ips, sqrt(sum(d.snips)) AS snips,
           sqrt(sum(d.doubly_robust)) AS doubly_robust
    FROM deviations d
)
SELECT e.estimator AS estimator, e.value AS value, e.value - c.z * e.error / t.n AS low,
       e.value + c.z * e.error / t.n AS high, e.value / nullif(t.logged, 0) - 1 AS lift, t.n AS impressions,
       t.matched AS matched, CASE WHEN e.position > 1 THEN t.effective END AS effective
FROM totals t
CROSS JOIN errors s
CROSS JOIN checked c
CROSS JOIN LATERAL (
    SELECT unnest([
        {'position': 1, 'estimator': 'logged', 'value': t.logged, 'error': s.logged},
        {'position': 2, 'estimator': 'ips', 'value': t.ips, 'error': s.ips},
        {'position': 3, 'estimator': 'snips', 'value': t.snips, 'error': s.snips},
        {'position': 4, 'estimator': 'doubly_robust', 'value': t.doubly_robust, 'error': s.doubly_robust}
    ], recursive := true)
) e
WHERE c.z IS NOT NULL
ORDER BY e.position;
