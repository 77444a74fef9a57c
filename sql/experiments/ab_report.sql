-- The results of an experiment: each variant compared with the first, with lift, interval, test and the number of users
-- that the experiment needs.
--
-- Parameters
--   experiment     its name in mmsql.impressions
--   metric         only this metric; NULL for all
--   variants       as in ab_assign; lift is against the first
--   weights        as in ab_assign; NULL for equal ones
--   confidence     of the interval, above 0 and below 1
--   power          probability that an experiment with users_needed users finds the lift, above 0 and below 1
--   min_lift       the smallest lift that matters to you, such as 0.05. users_needed is computed for it. NULL takes the
--                  observed lift. That is only a guess after the fact, so choose a number before the experiment
-- Returns
--   metric         VARCHAR: click_rate (clicks per impression), conversion_rate (conversions per impression),
--                  clicks_per_user, conversions_per_user, value_per_user, in this order
--   variant        VARCHAR
--   users          BIGINT, users with this variant and no other
--   impressions    BIGINT, of these users
--   value          DOUBLE
--   lift           DOUBLE, value / value of the first variant - 1
--   low            DOUBLE, lower end of the interval of the lift
--   high           DOUBLE, its upper end
--   p_value        DOUBLE: the probability of such a difference between equal variants
--   users_needed   BIGINT, users per variant to find the lift with this power and confidence
--   warning        VARCHAR, a problem, or NULL if there is none. Problems: the users are not split by the weights
--                  (p < 0.001); users with several variants are left out; a variant has fewer than 100 users
-- Source
--   Users are the unit. A metric is sum(y) / sum(x) over users, with x = 1 or the user's impressions; its variance is that
--   of the delta method: (s_y² - 2 R s_xy + R² s_x²) / (n mean(x)²). Two-sided z-test of the difference; interval of the
--   lift by the delta method for the ratio of two independent values. users_needed = (z(confidence) + z(power))²
--   (v_1 + v_2) / difference², where v is n times the variance of a metric.
--   Deng, Knoblich and Lu, Applying the delta method in metric analytics, KDD 2018; Fabijan et al., Diagnosing
--   sample ratio mismatch in online controlled experiments, KDD 2019.
-- Example
--   FROM mmsql.ab_report('new-homepage');
CREATE MACRO mmsql.ab_report(
    experiment, metric := NULL, variants := ['control', 'treatment'], weights := NULL, confidence := 0.95, power := 0.8,
    min_lift := NULL
) AS TABLE
WITH user_impressions AS MATERIALIZED (
    SELECT CAST(i.user_id AS VARCHAR) AS user_id, CAST(i.variant AS VARCHAR) AS variant, count(*) AS impressions,
           count(*) FILTER (WHERE i.clicked) AS clicks, count(*) FILTER (WHERE i.converted) AS conversions,
           coalesce(sum(i.value), 0) AS earned
    FROM mmsql.impressions i
    WHERE i.experiment = CAST(experiment AS VARCHAR) AND i.user_id IS NOT NULL AND i.variant IS NOT NULL
    GROUP BY CAST(i.user_id AS VARCHAR), CAST(i.variant AS VARCHAR)
),
checked AS MATERIALIZED (
    SELECT CASE
        WHEN coalesce(len(s.found), 0) = 0
            THEN error('There is no impression of the experiment ' || coalesce(CAST(experiment AS VARCHAR), 'NULL')
                || ' in mmsql.impressions. It has: ' || coalesce(
                    (SELECT string_agg(DISTINCT i.experiment, ', ' ORDER BY i.experiment) FROM mmsql.impressions i), 'none'
                ) || '.')
        -- ab_assign checks variants and weights.
        WHEN mmsql.ab_assign('check', 'check', variants := variants, weights := weights) IS NULL THEN NULL
        WHEN NOT list_has_all(TRY_CAST(variants AS VARCHAR[]), s.found)
            THEN error(CAST(experiment AS VARCHAR) || ' has the variants ' || array_to_string(s.found, ', ')
                || '. Name all of them, first the one to compare with: variants := [''' || array_to_string(s.found, ''', ''')
                || '''].')
        WHEN CAST(metric AS VARCHAR) NOT IN (
            'click_rate', 'conversion_rate', 'clicks_per_user', 'conversions_per_user', 'value_per_user'
        ) THEN error('Unknown metric ' || CAST(metric AS VARCHAR) || '. Allowed: click_rate, conversion_rate, '
                || 'clicks_per_user, conversions_per_user, value_per_user.')
        WHEN NOT coalesce(TRY_CAST(confidence AS DOUBLE) > 0 AND TRY_CAST(confidence AS DOUBLE) < 1, false)
            THEN error('confidence must be above 0 and below 1, ' || coalesce(CAST(confidence AS VARCHAR), 'NULL')
                || ' was given. Type confidence := 0.95.')
        WHEN NOT coalesce(TRY_CAST(power AS DOUBLE) > 0 AND TRY_CAST(power AS DOUBLE) < 1, false)
            THEN error('power must be above 0 and below 1, ' || coalesce(CAST(power AS VARCHAR), 'NULL')
                || ' was given. Type power := 0.8.')
        WHEN min_lift IS NOT NULL AND NOT coalesce(TRY_CAST(min_lift AS DOUBLE) <> 0, false)
            THEN error('min_lift must be a number other than 0, ' || CAST(min_lift AS VARCHAR)
                || ' was given. Type min_lift := 0.05.')
        ELSE mmsql.normal_quantile((1 + TRY_CAST(confidence AS DOUBLE)) / 2) END AS z
    FROM (SELECT list_sort(list(DISTINCT x.variant)) AS found FROM user_impressions x) s
),
variant_shares AS (
    SELECT unnest(TRY_CAST(variants AS VARCHAR[])) AS variant, generate_subscripts(TRY_CAST(variants AS VARCHAR[]), 1) AS variant_order,
           unnest(coalesce(TRY_CAST(weights AS DOUBLE[]), list_transform(TRY_CAST(variants AS VARCHAR[]), lambda v: 1.0)))
           / list_sum(coalesce(TRY_CAST(weights AS DOUBLE[]), list_transform(TRY_CAST(variants AS VARCHAR[]), lambda v: 1.0))) AS share
),
users_of_one_variant AS (
    SELECT s.* FROM user_impressions s QUALIFY count(*) OVER (PARTITION BY s.user_id) = 1
),
user_values AS MATERIALIZED (
    SELECT p.variant, p.variant_order, p.share, f.user_id, f.impressions, unnest([
        {'position': 1, 'name': 'click_rate', 'y': CAST(f.clicks AS DOUBLE), 'x': CAST(f.impressions AS DOUBLE)},
        {'position': 2, 'name': 'conversion_rate', 'y': f.conversions, 'x': f.impressions},
        {'position': 3, 'name': 'clicks_per_user', 'y': f.clicks, 'x': 1},
        {'position': 4, 'name': 'conversions_per_user', 'y': f.conversions, 'x': 1},
        {'position': 5, 'name': 'value_per_user', 'y': f.earned, 'x': 1}
    ], recursive := true)
    FROM variant_shares p
    LEFT JOIN users_of_one_variant f ON f.variant = p.variant
),
measured AS (
    SELECT c.position, c.name, c.variant, c.variant_order, c.share, count(c.user_id) AS users,
           CAST(coalesce(sum(c.impressions), 0) AS BIGINT) AS impressions,
           CASE WHEN count(c.user_id) > 0 THEN sum(c.y) / sum(c.x) END AS value,
           (var_samp(c.y) - 2 * sum(c.y) / sum(c.x) * covar_samp(c.y, c.x) + pow(sum(c.y) / sum(c.x), 2) * var_samp(c.x))
           / pow(avg(c.x), 2) AS user_variance
    FROM user_values c
    WHERE metric IS NULL OR c.name = CAST(metric AS VARCHAR)
    GROUP BY c.position, c.name, c.variant, c.variant_order, c.share
),
compared AS (
    SELECT m.*, b.value AS base, b.users AS base_users, b.user_variance AS base_user_variance, m.variant_order = 1 AS is_base,
           m.user_variance / m.users + b.user_variance / b.users AS variance,
           sum(m.users) OVER (PARTITION BY m.position) AS all_users
    FROM measured m
    JOIN measured b ON b.position = m.position AND b.variant_order = 1
)
SELECT m.name AS metric, m.variant AS variant, m.users AS users, m.impressions AS impressions, m.value AS value,
       CASE WHEN NOT m.is_base THEN m.value / nullif(m.base, 0) - 1 END AS lift,
       CASE WHEN NOT m.is_base THEN m.value / nullif(m.base, 0) - 1 - c.z * r.deviation END AS low,
       CASE WHEN NOT m.is_base THEN m.value / nullif(m.base, 0) - 1 + c.z * r.deviation END AS high,
       CASE WHEN NOT m.is_base AND m.variance > 0
            THEN 2 * mmsql.normal_cdf(-abs(m.value - m.base) / sqrt(m.variance)) END AS p_value,
       CASE WHEN NOT m.is_base
            THEN TRY_CAST(ceil(
                pow(c.z + mmsql.normal_quantile(TRY_CAST(power AS DOUBLE)), 2) * (m.user_variance + m.base_user_variance)
                / nullif(pow(coalesce(m.base * TRY_CAST(min_lift AS DOUBLE), m.value - m.base), 2), 0)
            ) AS BIGINT) END AS users_needed,
       nullif(concat_ws(' ',
           CASE WHEN m.all_users > 0 AND m.share > 0 AND m.share < 1 AND 2 * mmsql.normal_cdf(
                         -abs(m.users - m.all_users * m.share) / sqrt(m.all_users * m.share * (1 - m.share))) < 0.001
                THEN 'Split is off: ' || m.users || ' users, ' || CAST(round(m.all_users * m.share) AS BIGINT)
                     || ' expected. Find out why before you believe the lift.' END,
           CASE WHEN w.users > 0 THEN w.users || ' users saw several variants and are left out.' END,
           CASE WHEN m.users < 100 THEN 'Fewer than 100 users: too few for these intervals.' END
       ), '') AS warning
FROM compared m
CROSS JOIN checked c
CROSS JOIN (
    SELECT count(*) AS users FROM (SELECT s.user_id FROM user_impressions s GROUP BY s.user_id HAVING count(*) > 1)
) w
CROSS JOIN LATERAL (
    SELECT sqrt(m.user_variance / m.users / pow(nullif(m.base, 0), 2)
                + pow(m.value, 2) * m.base_user_variance / m.base_users / pow(nullif(m.base, 0), 4)) AS deviation
) r
WHERE c.z IS NOT NULL
ORDER BY m.position, m.variant_order;
