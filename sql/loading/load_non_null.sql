-- The text of an id, a number, a time or a flag; NULL for texts that stand for no value, such as null or n/a.
--
-- Parameters
--   value    VARCHAR
-- Returns
--   VARCHAR
CREATE OR REPLACE TEMP MACRO load_non_null(value) AS
    CASE
        WHEN lower(trim(value)) NOT IN (
            'nan', 'nat', 'null', 'none', 'nil', 'undefined', 'na', 'n/a', '#n/a', '<na>', '(null)', '-', '—'
        ) THEN load_text(value)
    END;
