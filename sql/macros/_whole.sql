-- A length or a cap as a whole number, whatever was given for it.
--
-- Parameters
--   given            what stands for the parameter: of any type, so that what is wrong can be told
-- Returns
--   BIGINT, at least 1; NULL for NULL and for what is no such number
-- Example
--   SELECT mmsql._whole('12');
CREATE MACRO mmsql._whole(given) AS
CASE WHEN TRY_CAST(given AS BIGINT) >= 1 AND TRY_CAST(given AS BIGINT) = TRY_CAST(given AS DOUBLE)
     THEN TRY_CAST(given AS BIGINT) END;
