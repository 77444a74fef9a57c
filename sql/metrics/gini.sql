-- How unevenly the lists share their places among the items of the catalog: 0 when every item is shown as
-- often, towards 1 when a few items take all places.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
-- Returns
--   algorithm      VARCHAR: the evaluated algorithm, or popularity
--   value          DOUBLE from 0 to 1; NULL when no item of the catalog is shown
-- Source
--   G@k = sum over i of (2 i - n - 1) x_i / (n sum of x), where x_1 <= … <= x_n are the exposures of all n
--   items of the catalog, those never shown included. It reaches (n - 1) / n at most; Shani and Gunawardana
--   divide by n - 1 instead of n, so that it reaches 1.
--   Gini, Variabilità e mutabilità, 1912; Shani and Gunawardana, Evaluating recommendation systems, in
--   Recommender Systems Handbook, 2011.
-- Example
--   FROM mmsql.gini('graph-1', k := 10);
CREATE MACRO mmsql.gini(model := NULL, k := 10) AS TABLE
SELECT x.algorithm AS algorithm, x.gini AS value FROM mmsql._exposure_metrics(model := model, k := k) x;
