-- Whether at least one held-out item is among the first k: 1 or 0. Its mean over users is the hit rate.
--
-- Parameters
--   hit_ranks      INTEGER[]: the ranks, from 1, of held-out items in the list; [] without a hit
--   held_out       number of items held out for the user
--   k              length to which the list is cut
-- Returns
--   DOUBLE, 0 or 1; NULL if held_out or k is below 1
-- Source
--   HR@k(u) = 1 if some r in hit_ranks has r <= k, else 0.
--   Deshpande and Karypis, Item-based top-N recommendation algorithms, ACM TOIS 22(1), 2004.
-- Example
--   SELECT mmsql.hit_rate([1, 3], 2, 10);
CREATE MACRO mmsql.hit_rate(hit_ranks, held_out, k) AS
    CASE WHEN held_out >= 1 AND k >= 1
         THEN CASE WHEN len(list_filter(CAST(hit_ranks AS BIGINT[]), lambda each_rank: each_rank <= k)) > 0
                   THEN CAST(1 AS DOUBLE) ELSE 0 END END;
