-- The number of latest comments on an item that aspects and comment_summary read.
--
-- Returns
--   INTEGER
-- Example
--   SELECT mmsql._comments_per_item();
CREATE MACRO mmsql._comments_per_item() AS 300;
