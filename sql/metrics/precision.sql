-- The share of the first k ranks that hold a held-out item of the user.
-- PRECISION is a keyword of SQL: call the macro with its schema, mmsql.precision(…).
--
-- Parameters
--   hit_ranks      INTEGER[]: the ranks, from 1, of held-out items in the list; [] without a hit
--   held_out       number of items held out for the user
--   k              length to which the list is cut
-- Returns
--   DOUBLE from 0 to 1; NULL if held_out or k is below 1
-- Source
--   P@k(u) = hits@k / k, where hits@k counts the r in hit_ranks with r <= k. The divisor is k even for a shorter list.
--   Herlocker et al., Evaluating collaborative filtering recommender systems, ACM TOIS 22(1), 2004.
-- Example
--   SELECT mmsql.precision([1, 3], 2, 10);
CREATE MACRO mmsql.precision(hit_ranks, held_out, k) AS
    CASE WHEN held_out >= 1 AND k >= 1
         THEN len(list_filter(CAST(hit_ranks AS BIGINT[]), lambda each_rank: each_rank <= k)) / k END;
