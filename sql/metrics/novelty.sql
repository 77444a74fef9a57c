-- The novelty of the recommended items: their mean self-information in bits. It is higher for less popular items.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
-- Returns
--   algorithm      VARCHAR: the evaluated algorithm, or popularity
--   value          DOUBLE, bits, from 0 to log2 of the training users; NULL without any list
-- Source
--   Novelty@k(u) = mean of -log2 p(i) over the user's list cut at k, averaged over the users with a list. p(i) is the
--   share of training users with item i. An item without a training user counts as if it had one, because -log2 0 has no
--   value.
--   Zhou et al., Solving the apparent diversity-accuracy dilemma of recommender systems, PNAS 107(10),
--   2010; Vargas and Castells, Rank and relevance in novelty and diversity metrics for recommender systems,
--   RecSys 2011.
-- Example
--   FROM mmsql.novelty('graph-1', k := 10);
CREATE MACRO mmsql.novelty(model := NULL, k := 10) AS TABLE
SELECT c.algorithm AS algorithm, avg(u.novelty) AS value
FROM mmsql._evaluated(model := model, k := k) c
LEFT JOIN mmsql.user_metrics(model := model, k := k) u ON u.algorithm = c.algorithm
GROUP BY c.algorithm;
