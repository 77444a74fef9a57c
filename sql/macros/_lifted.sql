-- A score as the rules' order counts it: lift times as high, for a negative one as near to 0. The order of scores with one
-- lift stays as it is.
--
-- Parameters
--   score            a score
--   lift             as _ruled gives it; NULL for none
-- Returns
--   DOUBLE
-- Example
--   SELECT mmsql._lifted(0.5, 2);
CREATE MACRO mmsql._lifted(score, lift) AS
CASE WHEN lift IS NULL THEN score WHEN score > 0 THEN score * lift ELSE score / lift END;
