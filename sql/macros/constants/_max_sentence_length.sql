-- The number of characters up to which a sentence is quoted.
--
-- Returns
--   INTEGER
-- Example
--   SELECT mmsql._max_sentence_length();
CREATE MACRO mmsql._max_sentence_length() AS 300;
