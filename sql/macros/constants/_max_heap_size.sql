-- The largest n that DuckDB's min(value, n) takes.
--
-- Returns
--   INTEGER
-- Example
--   SELECT mmsql._max_heap_size();
CREATE MACRO mmsql._max_heap_size() AS 999999;
