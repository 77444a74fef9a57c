-- A text as it is, or NULL when nothing but white space is in it.
--
-- Parameters
--   value    VARCHAR
-- Returns
--   VARCHAR, untrimmed
CREATE OR REPLACE TEMP MACRO load_text(value) AS
    CASE WHEN NOT regexp_full_match(value, '[\s\p{Z}]*') THEN value END;
