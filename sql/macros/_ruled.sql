-- What the rules that hold now say of items; see the table mmsql.rules for which rule wins.
--
-- Returns
--   item_id          VARCHAR, an item that a rule is for
--   banned           BOOLEAN
--   lead             DOUBLE: above 0 for what is pinned, the highest first, -1 for what comes last, else 0
--   lift             DOUBLE, by what a positive score is multiplied for the order, and a negative one divided
--   label            VARCHAR: pinned, buried, boosted, or NULL
CREATE MACRO mmsql._ruled() AS TABLE
WITH active AS (
    -- Of a view of the analyst's own the columns may be of any type, or NULL all through.
    SELECT CAST(r.rule AS VARCHAR) AS rule, CAST(r.item_id AS VARCHAR) AS item_id, CAST(r.category AS VARCHAR) AS category,
           CAST(r.brand AS VARCHAR) AS brand, CAST(r.factor AS DOUBLE) AS factor
    FROM mmsql.rules r
    WHERE (r.starts_at IS NULL OR CAST(r.starts_at AS TIMESTAMP) <= CAST(now() AS TIMESTAMP))
      AND (r.ends_at IS NULL OR CAST(r.ends_at AS TIMESTAMP) > CAST(now() AS TIMESTAMP))
),
matched AS (
    SELECT a.item_id, a.rule, a.factor
    FROM active a
    WHERE a.category IS NULL AND a.brand IS NULL
    UNION ALL
    SELECT CAST(i.item_id AS VARCHAR) AS item_id, a.rule, a.factor
    FROM active a
    JOIN mmsql.items i
      ON (a.item_id IS NULL OR a.item_id = CAST(i.item_id AS VARCHAR))
     AND (a.category IS NULL OR CAST(i.category AS VARCHAR) = a.category
          OR starts_with(CAST(i.category AS VARCHAR), a.category || ' > '))
     AND (a.brand IS NULL OR CAST(i.brand AS VARCHAR) = a.brand)
    WHERE a.category IS NOT NULL OR a.brand IS NOT NULL
),
said AS (
    SELECT m.item_id, bool_or(m.rule = 'ban') AS banned,
           max(coalesce(m.factor, 0)) FILTER (m.rule = 'pin') AS pinned,
           max(coalesce(m.factor, 'Infinity')) FILTER (m.rule = 'bury') AS buried,
           max(coalesce(m.factor, 2)) FILTER (m.rule = 'boost') AS boosted
    FROM matched m
    GROUP BY m.item_id
)
SELECT s.item_id, s.banned,
       CASE WHEN s.pinned IS NOT NULL THEN 1 + s.pinned WHEN isinf(s.buried) THEN -1 ELSE 0 END AS lead,
       CASE WHEN s.pinned IS NOT NULL OR isinf(s.buried) THEN 1 ELSE coalesce(1 / s.buried, s.boosted, 1) END AS lift,
       CASE WHEN s.pinned IS NOT NULL THEN 'pinned'
            WHEN s.buried IS NOT NULL THEN 'buried'
            WHEN s.boosted IS NOT NULL THEN 'boosted' END AS label
FROM said s;
