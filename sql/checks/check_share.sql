-- A share as text: 60 %, or less than 1 %.
--
-- Parameters
--   part, whole   BIGINT
-- Returns
--   VARCHAR
CREATE OR REPLACE TEMP MACRO check_share(part, whole) AS
    CASE
        WHEN part = 0 THEN '0 %'
        WHEN part * 100 < whole THEN 'less than 1 %'
        WHEN part < whole AND part * 200 >= whole * 199 THEN 'more than 99 %'
        ELSE format('{:.0f} %', 100.0 * part / whole)
    END;
