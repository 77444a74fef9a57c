-- A text in a field of another type (a number, a time, a flag), or NULL when it only says that there is none.
--
-- Parameters
--   value    VARCHAR
-- Returns
--   VARCHAR
CREATE OR REPLACE TEMP MACRO load_given(value) AS
    CASE
        WHEN lower(trim(value)) NOT IN ('nan', 'nat', 'null', 'none', 'na', 'n/a', '-', '—') THEN load_text(value)
    END;
