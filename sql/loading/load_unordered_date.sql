-- The form of a date whose order of day and month is not certain, such as 03/04/2024; its groups are the three numbers.
--
-- Returns
--   VARCHAR, a regular expression
CREATE OR REPLACE TEMP MACRO load_unordered_date() AS '^\s*"?([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4}|[0-9]{2})\b';
