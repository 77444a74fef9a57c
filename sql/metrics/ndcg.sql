-- The normalised discounted cumulative gain of the held-out items: it is higher the closer they are to the top.
--
-- Parameters
--   hit_ranks      INTEGER[]: the ranks, from 1, of held-out items in the list; [] without a hit
--   held_out       number of items held out for the user
--   k              length to which the list is cut
-- Returns
--   DOUBLE from 0 to 1; NULL if held_out or k is below 1
-- Source
--   NDCG@k(u) = DCG / IDCG with binary gains: DCG = sum of 1 / log2(r + 1) over the r <= k in hit_ranks,
--   IDCG = the same sum over r = 1 … min(held_out, k).
--   Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, ACM TOIS 20(4), 2002.
-- Example
--   SELECT mmsql.ndcg([1, 3], 2, 10);
CREATE MACRO mmsql.ndcg(hit_ranks, held_out, k) AS
    CASE WHEN held_out >= 1 AND k >= 1
         THEN coalesce(list_sum(list_transform(
                  list_filter(CAST(hit_ranks AS BIGINT[]), lambda each_rank: each_rank <= k),
                  lambda each_rank: 1 / log2(each_rank + 1))), 0)
              / list_sum(list_transform(
                  range(1, CAST(least(held_out, k) AS BIGINT) + 1),
                  lambda each_rank: 1 / log2(each_rank + 1))) END;
