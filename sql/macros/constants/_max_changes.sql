-- The number of items that what_if adds or removes at most.
--
-- Returns
--   INTEGER
-- Example
--   SELECT mmsql._max_changes();
CREATE MACRO mmsql._max_changes() AS 1000;
