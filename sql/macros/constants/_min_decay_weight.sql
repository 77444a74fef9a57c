-- The smallest decay^age with which an event still counts. Training has the same constant: MIN_DECAY_WEIGHT.
--
-- Returns
--   DOUBLE
-- Example
--   SELECT mmsql._min_decay_weight();
CREATE MACRO mmsql._min_decay_weight() AS 1e-6;
