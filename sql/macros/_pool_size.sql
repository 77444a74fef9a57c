-- How many of the best items of a visitor are looked at: as many as are asked for, or with diversity a pool to choose
-- from.
--
-- Parameters
--   k                how many items are asked for; NULL for ten
--   diversity        as in recommend
-- Returns
--   INTEGER
-- Example
--   SELECT mmsql._pool_size(10, 0.3);
CREATE MACRO mmsql._pool_size(k, diversity) AS
CASE WHEN TRY_CAST(diversity AS DOUBLE) > 0 THEN greatest(50, 5 * coalesce(TRY_CAST(k AS BIGINT), 10))
     ELSE coalesce(TRY_CAST(k AS BIGINT), 10) END;
