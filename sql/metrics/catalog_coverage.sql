-- The share of the catalog that is in at least one list.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
-- Returns
--   algorithm      VARCHAR: the evaluated algorithm, or popularity
--   value          DOUBLE from 0 to 1
-- Source
--   Coverage@k = |union of the lists, cut at k| / |catalog|.
--   Ge, Delgado-Battenfeld and Jannach, Beyond accuracy: evaluating recommender systems by coverage and
--   serendipity, RecSys 2010.
-- Example
--   FROM mmsql.catalog_coverage('graph-1', k := 10);
CREATE MACRO mmsql.catalog_coverage(model := NULL, k := 10) AS TABLE
SELECT x.algorithm AS algorithm, x.catalog_coverage AS value
FROM mmsql._exposure_metrics(model := model, k := k) x;
