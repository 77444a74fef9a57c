-- The precision at the rank of each held-out item, averaged. Its mean over users is the metric map.
--
-- Parameters
--   hit_ranks      INTEGER[]: the ranks, from 1, of held-out items in the list; [] without a hit
--   held_out       number of items held out for the user
--   k              length to which the list is cut
-- Returns
--   DOUBLE from 0 to 1; NULL if held_out or k is below 1
-- Source
--   AP@k(u) = sum of i / r_i over the hits r_1 < r_2 < … within k, divided by min(held_out, k), so that a list of k hits has
--   the value 1. Other libraries divide by held_out; the two differ only for users with more than k held-out items.
--   Voorhees and Harman, TREC: Experiment and Evaluation in Information Retrieval, 2005, chapter 3.
-- Example
--   SELECT mmsql.average_precision([1, 3], 2, 10);
CREATE MACRO mmsql.average_precision(hit_ranks, held_out, k) AS
    CASE WHEN held_out >= 1 AND k >= 1
         THEN coalesce(list_sum(list_transform(
                  list_sort(list_filter(CAST(hit_ranks AS BIGINT[]), lambda each_rank: each_rank <= k)),
                  lambda each_rank, nth_hit: nth_hit / each_rank)), 0)
              / least(held_out, k) END;
