-- The number of latest comments on an item that explain reads.
--
-- Returns
--   INTEGER
-- Example
--   SELECT mmsql._comments_per_reason();
CREATE MACRO mmsql._comments_per_reason() AS 50;
