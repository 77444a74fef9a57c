-- The timestamp in a text of a form that is not ISO: those of ctime, e-mails, web servers, JavaScript, Java, .NET and Oracle,
-- with month names, with AM and PM, and Chinese ones. An offset or a zone name gives UTC; zone names with several
-- meanings, such as CST, are not read.
--
-- Parameters
--   value    VARCHAR
-- Returns
--   TIMESTAMP in UTC, or NULL for other texts
CREATE OR REPLACE TEMP MACRO load_other_ts(value) AS
    CASE
        WHEN regexp_full_match(load_clean_ts(value), '[+-]?[0-9]+')
            THEN load_epoch(TRY_CAST(load_clean_ts(value) AS DOUBLE))
        ELSE TRY_STRPTIME(regexp_replace(load_clean_ts(value), load_ts_zone(), '\1\3'), [
                '%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M:%S.%f', '%Y-%m-%d %H:%M', '%Y-%m-%d %H', '%Y-%m-%d',
                '%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p', '%Y-%m-%d %I %p', '%Y%m%d %H%M%S', '%m %d %Y',
                '%d %b %y', '%d %b %y %H:%M', '%d %b %y %H:%M:%S', '%d %b %y %I:%M:%S %p', '%d %b %y %I:%M:%S.%f %p',
                '%d %b %Y', '%d %b %Y %H:%M', '%d %b %Y %H:%M:%S', '%d %b %Y %H:%M:%S.%f', '%d %b %Y %I:%M %p',
                '%d %b %Y %I:%M:%S %p',
                '%b %d %Y', '%b %d %Y %H:%M', '%b %d %Y %H:%M:%S', '%b %d %Y %I:%M %p', '%b %d %Y %I:%M:%S %p',
                '%b %d %Y %I:%M:%S.%f %p', '%b %d %H:%M:%S %Y', '%b %d %I:%M:%S %p %Y'
            ]) - to_minutes(load_ts_offset(load_clean_ts(value)))
    END;
