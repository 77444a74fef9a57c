-- The distance between the categories of a list and those of the user's history: 0 if they have the same shares.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
-- Returns
--   algorithm      VARCHAR: the evaluated algorithm, or popularity
--   value          DOUBLE from 0 to ln 100; NULL if no item has a category
-- Source
--   C_KL(u) = sum over categories g of p(g) ln(p(g) / (0.99 q(g) + 0.01 p(g))). p is the share of g among the user's
--   distinct current items without the held-out ones, q the share among the items of the list cut at k. Items without a
--   category are left out. The value is averaged over the users with a category in both.
--   Steck, Calibrated recommendations, RecSys 2018, with its smoothing of 0.01.
-- Example
--   FROM mmsql.calibration('graph-1', k := 10);
CREATE MACRO mmsql.calibration(model := NULL, k := 10) AS TABLE
SELECT c.algorithm AS algorithm, avg(u.calibration) AS value
FROM mmsql._evaluated(model := model, k := k) c
LEFT JOIN mmsql.user_metrics(model := model, k := k) u ON u.algorithm = c.algorithm
GROUP BY c.algorithm;
