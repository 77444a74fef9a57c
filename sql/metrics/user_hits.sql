-- The ranks of the held-out items in the list of every evaluated user: the input of the ranking metrics. A user without a
-- list has no hits.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
-- Returns
--   algorithm      VARCHAR: the evaluated algorithm, or popularity
--   user_id        the user
--   held_out       BIGINT, number of items held out for the user
--   hit_ranks      INTEGER[], ascending; [] without a hit
-- Example
--   SELECT h.algorithm, avg(mmsql.ndcg(h.hit_ranks, h.held_out, 10)) AS ndcg
--   FROM mmsql.user_hits('graph-1', k := 10) h
--   GROUP BY h.algorithm;
CREATE MACRO mmsql.user_hits(model := NULL, k := 10) AS TABLE
WITH chosen AS MATERIALIZED (
    FROM mmsql._evaluated(model := model, k := k)
),
held_out AS MATERIALIZED (
    SELECT DISTINCT h.user_id, h.item_id
    FROM mmsql.holdout h
    JOIN (SELECT DISTINCT c.evaluation FROM chosen c) e ON e.evaluation = h.evaluation
),
evaluated_users AS (
    SELECT h.user_id, count(*) AS held_out FROM held_out h GROUP BY h.user_id
),
hits AS (
    SELECT l.algorithm, l.user_id, list_sort(list(l.rank)) AS hit_ranks
    FROM mmsql.evaluation_lists l
    JOIN chosen c ON c.evaluation = l.evaluation AND c.algorithm = l.algorithm AND c.k >= l.rank
    JOIN held_out h ON h.user_id = l.user_id AND h.item_id = l.item_id
    GROUP BY l.algorithm, l.user_id
)
SELECT c.algorithm AS algorithm, u.user_id AS user_id, u.held_out AS held_out,
       coalesce(t.hit_ranks, CAST([] AS INTEGER[])) AS hit_ranks
FROM chosen c
CROSS JOIN evaluated_users u
LEFT JOIN hits t ON t.algorithm = c.algorithm AND t.user_id = u.user_id;
