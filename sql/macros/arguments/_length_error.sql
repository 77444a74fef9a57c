-- The error message for the length of a list.
--
-- Parameters
--   k                length of the list, of any type
-- Returns
--   VARCHAR, NULL for a valid length
-- Example
--   SELECT mmsql._length_error(10);
CREATE MACRO mmsql._length_error(k) AS
CASE WHEN k IS NOT NULL AND mmsql._positive_integer(k) IS NULL
     THEN 'k must be a whole number of at least 1, ' || CAST(k AS VARCHAR) || ' was given. Type k := 10.' END;
