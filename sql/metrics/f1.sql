-- The harmonic mean of precision and recall.
--
-- Parameters
--   hit_ranks      INTEGER[]: the ranks, from 1, of held-out items in the list; [] without a hit
--   held_out       number of items held out for the user
--   k              length to which the list is cut
-- Returns
--   DOUBLE from 0 to 1, 0 without a hit; NULL if held_out or k is below 1
-- Source
--   F1@k(u) = 2 P R / (P + R) with P = hits@k / k and R = hits@k / held_out, which is 2 hits@k / (k + held_out).
--   van Rijsbergen, Information Retrieval, 2nd edition, 1979, chapter 7.
-- Example
--   SELECT mmsql.f1([1, 3], 2, 10);
CREATE MACRO mmsql.f1(hit_ranks, held_out, k) AS
    CASE WHEN held_out >= 1 AND k >= 1
         THEN 2 * len(list_filter(CAST(hit_ranks AS BIGINT[]), lambda each_rank: each_rank <= k))
              / (k + held_out) END;
