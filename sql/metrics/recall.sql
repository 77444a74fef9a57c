-- The share of a user's held-out items among the first k.
--
-- Parameters
--   hit_ranks      INTEGER[]: the ranks, from 1, of held-out items in the list; [] without a hit
--   held_out       number of items held out for the user
--   k              length to which the list is cut
-- Returns
--   DOUBLE from 0 to 1; NULL if held_out or k is below 1
-- Source
--   R@k(u) = hits@k / held_out, where hits@k counts the r in hit_ranks with r <= k. The divisor is the number of all
--   held-out items, even if there are more than k.
--   Herlocker et al., Evaluating collaborative filtering recommender systems, ACM TOIS 22(1), 2004.
-- Example
--   SELECT mmsql.recall([1, 3], 4, 10);
CREATE MACRO mmsql.recall(hit_ranks, held_out, k) AS
    CASE WHEN held_out >= 1 AND k >= 1
         THEN len(list_filter(CAST(hit_ranks AS BIGINT[]), lambda each_rank: each_rank <= k)) / held_out END;
