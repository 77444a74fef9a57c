-- The number of items of a session at most; the latest ones count most.
--
-- Returns
--   INTEGER
-- Example
--   SELECT mmsql._max_session();
CREATE MACRO mmsql._max_session() AS 10000;
