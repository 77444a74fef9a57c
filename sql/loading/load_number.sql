-- The number in a text: 12, 1.5e3, or an amount such as $1,299.00.
--
-- Parameters
--   value    VARCHAR
-- Returns
--   DOUBLE, finite, or NULL for other texts
CREATE OR REPLACE TEMP MACRO load_number(value) AS
    CASE
        WHEN isfinite(TRY_CAST(value AS DOUBLE)) THEN TRY_CAST(value AS DOUBLE)
        WHEN load_text(value) IS NULL THEN NULL
        ELSE load_amount(value)
    END;
