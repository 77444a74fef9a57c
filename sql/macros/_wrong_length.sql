-- What is wrong with the length of a list, in words.
--
-- Parameters
--   k                length of the list, of any type
-- Returns
--   VARCHAR, NULL where nothing is wrong
-- Example
--   SELECT mmsql._wrong_length(10);
CREATE MACRO mmsql._wrong_length(k) AS
CASE WHEN k IS NOT NULL AND mmsql._whole(k) IS NULL
     THEN 'k must be a whole number of at least 1, ' || CAST(k AS VARCHAR) || ' was given. Type k := 10.' END;
