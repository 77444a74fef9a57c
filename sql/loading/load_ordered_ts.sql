-- The text of a time with the year first.
--
-- Parameters
--   value      VARCHAR, such as 12/13/2010 8:26
--   day_first  BOOLEAN: whether the day comes before the month
-- Returns
--   VARCHAR, such as 2010-12-13 8:26; other texts unchanged
CREATE OR REPLACE TEMP MACRO load_ordered_ts(value, day_first) AS
    regexp_replace(
        regexp_replace(value, load_unordered_date(), CASE WHEN day_first THEN '\3-\2-\1' ELSE '\3-\1-\2' END),
        '^([0-9]{2})-([0-9]{1,2}-[0-9]{1,2})\b', '20\1-\2');
