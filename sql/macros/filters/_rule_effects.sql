-- The effects of the rules that are active now, one row per item. The table mmsql.rules says which of several rules wins.
--
-- Returns
--   item_id          VARCHAR, an item that a rule matches
--   banned           BOOLEAN
--   priority         DOUBLE: above 0 for a pinned item, higher first; -1 for an item that comes last; else 0
--   boost            DOUBLE, for the order: a positive score is multiplied by it, a negative one is divided
--   rule_label       VARCHAR: pinned, buried, boosted, or NULL
-- Example
--   FROM mmsql._rule_effects();
CREATE MACRO mmsql._rule_effects() AS TABLE
WITH active_rules AS (
    -- A view in place of the table may have columns of any type, or only NULL in them.
    SELECT CAST(r.rule AS VARCHAR) AS rule, CAST(r.item_id AS VARCHAR) AS item_id, CAST(r.category AS VARCHAR) AS category,
           CAST(r.brand AS VARCHAR) AS brand, CAST(r.factor AS DOUBLE) AS factor
    FROM mmsql.rules r
    WHERE (r.starts_at IS NULL OR CAST(r.starts_at AS TIMESTAMP) <= CAST(now() AS TIMESTAMP))
      AND (r.ends_at IS NULL OR CAST(r.ends_at AS TIMESTAMP) > CAST(now() AS TIMESTAMP))
),
matches AS (
    SELECT a.item_id, a.rule, a.factor
    FROM active_rules a
    WHERE a.category IS NULL AND a.brand IS NULL
    UNION ALL
    SELECT CAST(i.item_id AS VARCHAR) AS item_id, a.rule, a.factor
    FROM active_rules a
    JOIN mmsql.items i
      ON (a.item_id IS NULL OR a.item_id = CAST(i.item_id AS VARCHAR))
     AND (a.category IS NULL OR mmsql._is_in_category(CAST(i.category AS VARCHAR), a.category))
     AND (a.brand IS NULL OR CAST(i.brand AS VARCHAR) = a.brand)
    WHERE a.category IS NOT NULL OR a.brand IS NOT NULL
),
factors AS (
    SELECT m.item_id, bool_or(m.rule = 'ban') AS banned,
           max(coalesce(m.factor, 0)) FILTER (m.rule = 'pin') AS pin,
           max(coalesce(m.factor, 'Infinity')) FILTER (m.rule = 'bury') AS bury,
           max(coalesce(m.factor, 2)) FILTER (m.rule = 'boost') AS boost
    FROM matches m
    GROUP BY m.item_id
)
SELECT f.item_id, f.banned,
       CASE WHEN f.pin IS NOT NULL THEN 1 + f.pin WHEN isinf(f.bury) THEN -1 ELSE 0 END AS priority,
       CASE WHEN f.pin IS NOT NULL OR isinf(f.bury) THEN 1 ELSE coalesce(1 / f.bury, f.boost, 1) END AS boost,
       CASE WHEN f.pin IS NOT NULL THEN 'pinned'
            WHEN f.bury IS NOT NULL THEN 'buried'
            WHEN f.boost IS NOT NULL THEN 'boosted' END AS rule_label
FROM factors f;
