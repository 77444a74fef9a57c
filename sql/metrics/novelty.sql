-- How little known the recommended items are: their mean self-information in bits. Higher is less popular.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
-- Returns
--   algorithm      VARCHAR: the evaluated algorithm, or popularity
--   value          DOUBLE, bits, from 0 to log2 of the training users; NULL when there is no list
-- Source
--   Novelty@k(u) = mean of -log2 p(i) over the user's list cut at k, averaged over the users who have one;
--   p(i) is the share of training users with item i. An item nobody had in training counts as if one user
--   had it, since -log2 0 has no value.
--   Zhou et al., Solving the apparent diversity-accuracy dilemma of recommender systems, PNAS 107(10),
--   2010; Vargas and Castells, Rank and relevance in novelty and diversity metrics for recommender systems,
--   RecSys 2011.
-- Example
--   FROM mmsql.novelty('graph-1', k := 10);
CREATE MACRO mmsql.novelty(model := NULL, k := 10) AS TABLE
WITH chosen AS MATERIALIZED (
    FROM mmsql._evaluated(model := model, k := k)
),
informative AS MATERIALIZED (
    SELECT i.item_id, log2(greatest(c.training_users / greatest(i.events, 1), 1)) AS bits
    FROM mmsql.evaluation_items i
    JOIN (SELECT DISTINCT d.evaluation, d.training_users FROM chosen d) c ON c.evaluation = i.evaluation
),
lists AS (
    SELECT l.algorithm, l.user_id, avg(i.bits) AS bits
    FROM mmsql.evaluation_lists l
    JOIN chosen c ON c.evaluation = l.evaluation AND c.algorithm = l.algorithm AND c.k >= l.rank
    JOIN informative i ON i.item_id = l.item_id
    GROUP BY l.algorithm, l.user_id
)
SELECT c.algorithm AS algorithm, avg(t.bits) AS value
FROM chosen c
LEFT JOIN lists t ON t.algorithm = c.algorithm
GROUP BY c.algorithm;
