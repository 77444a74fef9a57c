-- The share of the first k places that hold one of the user's held-out items.
-- PRECISION is a word of SQL's grammar: call it with its schema, mmsql.precision(…).
--
-- Parameters
--   hit_ranks      INTEGER[]: the ranks, from 1, at which held-out items stand in the list; [] when none does
--   held_out       how many items were held out for the user
--   k              how far down the list to look
-- Returns
--   DOUBLE from 0 to 1; NULL when held_out or k is below 1
-- Source
--   P@k(u) = hits@k / k, where hits@k counts the r in hit_ranks with r <= k. The divisor is k, also when
--   the list is shorter.
--   Herlocker et al., Evaluating collaborative filtering recommender systems, ACM TOIS 22(1), 2004.
-- Example
--   SELECT mmsql.precision([1, 3], 2, 10);
CREATE MACRO mmsql.precision(hit_ranks, held_out, k) AS
    CASE WHEN held_out >= 1 AND k >= 1
         THEN len(list_filter(CAST(hit_ranks AS BIGINT[]), lambda each_rank: each_rank <= k)) / k END;
