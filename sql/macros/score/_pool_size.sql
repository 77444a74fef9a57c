-- The number of best items of a visitor that are ranked: k, or with diversity a pool to choose k items from.
--
-- Parameters
--   k                length of the list; NULL for 10
--   diversity        as in recommend
-- Returns
--   BIGINT
-- Example
--   SELECT mmsql._pool_size(10, 0.3);
CREATE MACRO mmsql._pool_size(k, diversity) AS
CASE WHEN TRY_CAST(diversity AS DOUBLE) > 0 THEN greatest(50, 5 * coalesce(mmsql._positive_integer(k), 10))
     ELSE coalesce(mmsql._positive_integer(k), 10) END;
