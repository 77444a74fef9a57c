-- The inequality of the exposure of items: 0 if every item of the catalog is in the same number of lists; it approaches
-- 1 if a few items fill all lists.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
-- Returns
--   algorithm      VARCHAR: the evaluated algorithm, or popularity
--   value          DOUBLE from 0 to 1; NULL if no list has an item of the catalog
-- Source
--   G@k = sum over i of (2 i - n - 1) x_i / (n sum of x), where x_1 <= … <= x_n are the exposures of all n items of the
--   catalog, including those in no list. It is at most (n - 1) / n. Shani and Gunawardana divide by n - 1 instead of n, so
--   that it is at most 1.
--   Gini, Variabilità e mutabilità, 1912; Shani and Gunawardana, Evaluating recommendation systems, in
--   Recommender Systems Handbook, 2011.
-- Example
--   FROM mmsql.gini('graph-1', k := 10);
CREATE MACRO mmsql.gini(model := NULL, k := 10) AS TABLE
SELECT x.algorithm AS algorithm, x.gini AS value FROM mmsql._exposure_metrics(model := model, k := k) x;
