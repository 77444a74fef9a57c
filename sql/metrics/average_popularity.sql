-- The popularity of the recommended items: the mean number of training users of an item.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
-- Returns
--   algorithm      VARCHAR: the evaluated algorithm, or popularity
--   value          DOUBLE; NULL without any list
-- Source
--   ARP@k(u) = mean number of training users over the items of the user's list cut at k, averaged over the users with a
--   list. Yin et al., Challenging the long tail recommendation, PVLDB 5(9), 2012; Abdollahpouri et al., Managing
--   popularity bias in recommender systems with personalized re-ranking, FLAIRS 2019.
-- Example
--   FROM mmsql.average_popularity('graph-1', k := 10);
CREATE MACRO mmsql.average_popularity(model := NULL, k := 10) AS TABLE
SELECT c.algorithm AS algorithm, avg(u.average_popularity) AS value
FROM mmsql._evaluated(model := model, k := k) c
LEFT JOIN mmsql.user_metrics(model := model, k := k) u ON u.algorithm = c.algorithm
GROUP BY c.algorithm;
