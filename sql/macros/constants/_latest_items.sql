-- The number of latest items of a history whose comments describe a user's taste.
--
-- Returns
--   INTEGER
-- Example
--   SELECT mmsql._latest_items();
CREATE MACRO mmsql._latest_items() AS 20;
