-- The narrowest type of a text without loss, as a code: 1 a whole number, 2 a number, 3 a boolean, 9 only text. 00123
-- is text, since a number would lose its zeros.
--
-- Parameters
--   value    VARCHAR
-- Returns
--   INTEGER, or NULL for a blank text
CREATE OR REPLACE TEMP MACRO load_value_type(value) AS
    CASE
        WHEN load_text(value) IS NULL THEN NULL
        WHEN regexp_full_match(value, '-?(0|[1-9][0-9]{0,17})') THEN 1
        WHEN regexp_full_match(value, '-?(0|[1-9][0-9]{0,17})?[.][0-9]+([eE][+-]?[0-9]{1,2})?') THEN 2
        WHEN lower(value) IN ('true', 'false') THEN 3
        ELSE 9
    END;
