-- The number of decimal places that scores are rounded to.
--
-- Returns
--   INTEGER
-- Example
--   SELECT mmsql._score_decimals();
CREATE MACRO mmsql._score_decimals() AS 12;
