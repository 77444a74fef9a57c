-- A text unchanged; NULL if it is only white space, or \N, which databases write for NULL.
--
-- Parameters
--   value    VARCHAR
-- Returns
--   VARCHAR, untrimmed
CREATE OR REPLACE TEMP MACRO load_text(value) AS
    CASE WHEN NOT regexp_full_match(value, '[\s\p{Z}]*|\\N') THEN value END;
