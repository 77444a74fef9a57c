-- The share of a user's held-out items that stand among the first k.
--
-- Parameters
--   hit_ranks      INTEGER[]: the ranks, from 1, at which held-out items stand in the list; [] when none does
--   held_out       how many items were held out for the user
--   k              how far down the list to look
-- Returns
--   DOUBLE from 0 to 1; NULL when held_out or k is below 1
-- Source
--   R@k(u) = hits@k / held_out, where hits@k counts the r in hit_ranks with r <= k. The divisor is all
--   held-out items, also when there are more than k of them.
--   Herlocker et al., Evaluating collaborative filtering recommender systems, ACM TOIS 22(1), 2004.
-- Example
--   SELECT mmsql.recall([1, 3], 4, 10);
CREATE MACRO mmsql.recall(hit_ranks, held_out, k) AS
    CASE WHEN held_out >= 1 AND k >= 1
         THEN len(list_filter(CAST(hit_ranks AS BIGINT[]), lambda each_rank: each_rank <= k)) / held_out END;
