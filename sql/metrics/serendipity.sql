-- The serendipity of the hits. A hit counts more the further it is ahead of its position in the popularity order.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
-- Returns
--   algorithm      VARCHAR: the evaluated algorithm, or popularity
--   value          DOUBLE from 0 to 1; NULL without any list
-- Source
--   Serendipity@k(u) = mean over the user's list cut at k of rel(i) · max(p_u(i) - p(i), 0), averaged over the users
--   with a list. rel(i) is 1 for a held-out item, else 0. p_u(i) = (n + 1 - rank of i) / n with n items in the catalog.
--   p(i) = (n + 1 - r) / n, where r is the rank of i in popularity. Items with the same number of training events have
--   the same rank. For an item without training events, p(i) is 0. RecTools computes it in the same way. Ge,
--   Delgado-Battenfeld and Jannach, Beyond accuracy: evaluating recommender systems by coverage and serendipity, RecSys
--   2010.
-- Example
--   FROM mmsql.serendipity('graph-1', k := 10);
CREATE MACRO mmsql.serendipity(model := NULL, k := 10) AS TABLE
SELECT c.algorithm AS algorithm, avg(u.serendipity) AS value
FROM mmsql._evaluated(model := model, k := k) c
LEFT JOIN mmsql.user_metrics(model := model, k := k) u ON u.algorithm = c.algorithm
GROUP BY c.algorithm;
