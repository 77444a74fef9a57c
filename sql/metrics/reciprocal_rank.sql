-- One divided by the rank of the first held-out item. Its mean over users is the metric mrr.
--
-- Parameters
--   hit_ranks      INTEGER[]: the ranks, from 1, of held-out items in the list; [] without a hit
--   held_out       number of items held out for the user
--   k              length to which the list is cut
-- Returns
--   DOUBLE from 0 to 1, 0 without a hit; NULL if held_out or k is below 1
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
