-- A score for ordering, after the boost of a rule: a positive score is multiplied by it, a negative one is divided.
-- Scores with the same boost keep their order.
--
-- Parameters
--   score            a score
--   boost            as in _rule_effects; NULL for none
-- Returns
--   DOUBLE
-- Example
--   SELECT mmsql._boosted_score(0.5, 2);
CREATE MACRO mmsql._boosted_score(score, boost) AS
CASE WHEN boost IS NULL THEN score WHEN score > 0 THEN score * boost ELSE score / boost END;
