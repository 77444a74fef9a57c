-- Whether a category is another one or below it. A path may be written with >, », ›, →, /, |, a backslash or :: between its
-- names, with or without blanks; with a dash between blanks; or with a dot before a letter,
-- that is, before a character that is no digit and no sign. A class of all letters takes milliseconds to compile in each answer.
--
-- Parameters
--   category    VARCHAR, a path
--   parent      VARCHAR, a category or a beginning of a path
-- Returns
--   BOOLEAN
-- Example
--   SELECT mmsql._is_in_category('Home > Kitchen', 'Home');
CREATE MACRO mmsql._is_in_category(category, parent) AS
    category = parent
    OR (starts_with(category, parent) AND regexp_matches(substring(category, length(parent) + 1), '^\s*([>»›→/|\\]|::)|^ [-–] |^\.[^[:punct:][:space:][:cntrl:]\d]'));
