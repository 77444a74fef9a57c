-- The text of a number, a time or a flag; NULL for texts that stand for no value, such as null or n/a.
--
-- Parameters
--   value    VARCHAR
-- Returns
--   VARCHAR
CREATE OR REPLACE TEMP MACRO load_non_null(value) AS
    CASE
        WHEN lower(trim(value)) NOT IN ('nan', 'nat', 'null', 'none', 'na', 'n/a', '-', '—') THEN load_text(value)
    END;
