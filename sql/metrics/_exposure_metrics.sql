-- The metrics of the exposures of all items together, in one pass: see catalog_coverage and gini.
--
-- Parameters
--   model             a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k                 length of the lists
-- Returns
--   algorithm         VARCHAR: the evaluated algorithm, or popularity
--   catalog_coverage  DOUBLE
--   gini              DOUBLE
-- Example
--   FROM mmsql._exposure_metrics('graph-1', k := 10);
CREATE MACRO mmsql._exposure_metrics(model := NULL, k := 10) AS TABLE
WITH ordered AS (
    SELECT x.algorithm, x.item_id, x.exposures,
           row_number() OVER (PARTITION BY x.algorithm ORDER BY x.exposures) AS position,
           count(*) OVER (PARTITION BY x.algorithm) AS items
    FROM mmsql.item_exposure(model := model, k := k) x
)
SELECT o.algorithm AS algorithm,
       count(*) FILTER (WHERE o.exposures > 0) / nullif(count(o.item_id), 0) AS catalog_coverage,
       sum((2 * o.position - o.items - 1) * o.exposures)
       / nullif(any_value(o.items) * sum(o.exposures), 0) AS gini
FROM ordered o
GROUP BY o.algorithm;
