-- Precision and recall in one figure: their harmonic mean.
--
-- Parameters
--   hit_ranks      INTEGER[]: the ranks, from 1, at which held-out items stand in the list; [] when none does
--   held_out       how many items were held out for the user
--   k              how far down the list to look
-- Returns
--   DOUBLE from 0 to 1, 0 without a hit; NULL when held_out or k is below 1
-- Source
--   F1@k(u) = 2 P R / (P + R) with P = hits@k / k and R = hits@k / held_out,
--   which is 2 hits@k / (k + held_out).
--   van Rijsbergen, Information Retrieval, 2nd edition, 1979, chapter 7.
-- Example
--   SELECT mmsql.f1([1, 3], 2, 10);
CREATE MACRO mmsql.f1(hit_ranks, held_out, k) AS
    CASE WHEN held_out >= 1 AND k >= 1
         THEN 2 * len(list_filter(CAST(hit_ranks AS BIGINT[]), lambda each_rank: each_rank <= k))
              / (k + held_out) END;
