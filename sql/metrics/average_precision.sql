-- Precision at each held-out item's place, averaged. Averaged over users it is the metric map.
--
-- Parameters
--   hit_ranks      INTEGER[]: the ranks, from 1, at which held-out items stand in the list; [] when none does
--   held_out       how many items were held out for the user
--   k              how far down the list to look
-- Returns
--   DOUBLE from 0 to 1; NULL when held_out or k is below 1
-- Source
--   AP@k(u) = sum of i / r_i over the hits r_1 < r_2 < … within k, divided by min(held_out, k), so that a
--   list of k hits scores 1. Other libraries divide by held_out; the two differ only for users with more
--   than k held-out items.
--   Voorhees and Harman, TREC: Experiment and Evaluation in Information Retrieval, 2005, chapter 3.
-- Example
--   SELECT mmsql.average_precision([1, 3], 2, 10);
CREATE MACRO mmsql.average_precision(hit_ranks, held_out, k) AS
    CASE WHEN held_out >= 1 AND k >= 1
         THEN coalesce(list_sum(list_transform(
                  list_sort(list_filter(CAST(hit_ranks AS BIGINT[]), lambda each_rank: each_rank <= k)),
                  lambda each_rank, nth_hit: nth_hit / each_rank)), 0)
              / least(held_out, k) END;
