-- The text of a time that Excel stores as days since 1899-12-30.
--
-- Parameters
--   value    VARCHAR, such as 45306.64
-- Returns
--   VARCHAR, such as 2024-01-15 15:21:36; NULL if it is not a number
CREATE OR REPLACE TEMP MACRO load_excel_ts(value) AS
    CAST(make_timestamp(CAST(round((TRY_CAST(replace(value, ',', '.') AS DOUBLE) - 25569) * 86400) AS BIGINT) * 1000000)
         AS VARCHAR);
