-- The score of an item: the sum of its terms and its bias.
-- It is rounded, because threads add up terms in any order: equal scores stay equal, and lists do not change.
--
-- Parameters
--   edge             DOUBLE, the sum of the edge terms of _score_terms
--   vector           DOUBLE, the sum of the vector terms
--   attribute        DOUBLE, the sum of the attribute terms
--   bias             DOUBLE, of the item
-- Returns
--   DOUBLE
-- Example
--   SELECT mmsql._score(0.5, 0.2, 0, 0.01);
CREATE MACRO mmsql._score(edge, vector, attribute, bias) AS
round(edge + vector + attribute + bias, mmsql._score_decimals());
