-- An option as a whole number of at least 1.
--
-- Parameters
--   given            the value of the option, of any type, so that a message can quote a wrong one
-- Returns
--   BIGINT; NULL for NULL and for any other value
-- Example
--   SELECT mmsql._positive_integer('12');
CREATE MACRO mmsql._positive_integer(given) AS
CASE WHEN TRY_CAST(given AS BIGINT) >= 1 AND TRY_CAST(given AS BIGINT) = TRY_CAST(given AS DOUBLE)
     THEN TRY_CAST(given AS BIGINT) END;
