-- The offset from UTC in the cleaned text of a time.
--
-- Parameters
--   value    VARCHAR, such as 2024-01-15 10:23:45 -0500, Aug 01 13:41:57 PDT 2011 or 10:23 GMT+08:00
-- Returns
--   INTEGER, minutes; 0 if there is none
CREATE OR REPLACE TEMP MACRO load_ts_offset(value) AS
    CASE regexp_extract(value, load_ts_zone(), 2)
        WHEN 'EDT' THEN -240
        WHEN 'EST' THEN -300
        WHEN 'CDT' THEN -300
        WHEN 'MDT' THEN -360
        WHEN 'MST' THEN -420
        WHEN 'PDT' THEN -420
        WHEN 'PST' THEN -480
        WHEN 'CET' THEN 60
        WHEN 'CEST' THEN 120
        WHEN 'EET' THEN 120
        WHEN 'JST' THEN 540
        WHEN 'KST' THEN 540
        ELSE CASE WHEN contains(regexp_extract(value, load_ts_zone(), 2), '-') THEN -1 ELSE 1 END * (
            60 * coalesce(TRY_CAST(regexp_extract(
                regexp_extract(value, load_ts_zone(), 2), '[+-]([0-9]{1,2}?)(?::?[0-9]{2})?(?: UTC| GMT)?$', 1) AS INTEGER), 0)
            + coalesce(TRY_CAST(regexp_extract(
                regexp_extract(value, load_ts_zone(), 2), '[+-][0-9]{1,2}?:?([0-9]{2})(?: UTC| GMT)?$', 1) AS INTEGER), 0)
        )
    END;
