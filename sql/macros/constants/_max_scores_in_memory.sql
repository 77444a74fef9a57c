-- The number of scores that the lists of many users may have in memory at a time.
--
-- Returns
--   INTEGER
-- Example
--   SELECT mmsql._max_scores_in_memory();
CREATE MACRO mmsql._max_scores_in_memory() AS 4000000;
