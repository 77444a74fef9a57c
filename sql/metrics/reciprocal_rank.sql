-- One divided by the place of the first held-out item. Averaged over users it is the metric mrr.
--
-- Parameters
--   hit_ranks      INTEGER[]: the ranks, from 1, at which held-out items stand in the list; [] when none does
--   held_out       how many items were held out for the user
--   k              how far down the list to look
-- Returns
--   DOUBLE from 0 to 1, 0 without a hit; NULL when held_out or k is below 1
-- Source
--   RR@k(u) = 1 / min(hit_ranks) if that is at most k, else 0.
--   Voorhees, The TREC-8 question answering track report, 1999.
-- Example
--   SELECT mmsql.reciprocal_rank([2, 3], 2, 10);
CREATE MACRO mmsql.reciprocal_rank(hit_ranks, held_out, k) AS
    CASE WHEN held_out >= 1 AND k >= 1
         THEN coalesce(
                  1 / list_min(list_filter(CAST(hit_ranks AS BIGINT[]), lambda each_rank: each_rank <= k)), 0
              ) END;
