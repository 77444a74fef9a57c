-- The longest list of many visitors that is ranked by a heap; longer ones are ranked by a window, which is then faster.
--
-- Returns
--   INTEGER
-- Example
--   SELECT mmsql._max_heap_list();
CREATE MACRO mmsql._max_heap_list() AS 200;
