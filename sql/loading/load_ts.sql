-- The timestamp in a text: a number since 1970, an ISO date or time (with an offset, as UTC), or one of the forms
-- below. Dates with an ambiguous order of day and month, such as 03/04/2024, are not read.
--
-- Parameters
--   value    VARCHAR
-- Returns
--   TIMESTAMP in UTC, or NULL for other texts
CREATE OR REPLACE TEMP MACRO load_ts(value) AS
    CASE
        WHEN regexp_full_match(value, '\s*(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([0-9]{6})?\s*')
            THEN TRY_STRPTIME(trim(value), ['%Y%m%d', '%Y%m%d%H%M%S'])
        WHEN regexp_full_match(value, '\s*[+-]?[0-9]+([.][0-9]*)?([eE][+]?[0-9]+)?\s*')
            THEN load_epoch(TRY_CAST(value AS DOUBLE))
        WHEN regexp_matches(value, '[0-9]:[0-9]{2}.*[0-9 ](Z|z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)\s*$')
             AND TRY_CAST(value AS TIMESTAMPTZ) IS NOT NULL
            THEN make_timestamp(epoch_us(TRY_CAST(value AS TIMESTAMPTZ)))
        WHEN isfinite(TRY_CAST(value AS TIMESTAMP)) AND regexp_matches(value, '^\s*[0-9]')
             AND NOT regexp_matches(value, ':[0-9]{2}.*[0-9 ]([A-Za-z]+|[+-][0-9:]+)\s*$')
            THEN TRY_CAST(value AS TIMESTAMP)
        WHEN regexp_matches(value, '[0-9]') THEN TRY_STRPTIME(trim(value), [
            '%Y-%m-%dT%H', '%Y%m%dT%H%M%S', '%Y%m%dT%H%M%SZ', '%Y.%m.%d', '%Y.%m.%d %H:%M:%S',
            '%d.%m.%Y', '%d.%m.%Y %H:%M', '%d.%m.%Y %H:%M:%S', '%a, %d %b %Y %H:%M:%S GMT', '%d %b %Y',
            '%b %d, %Y', '%B %d, %Y', '%m %d, %Y', '%Y年%m月%d日', '%Y年%m月%d日 %H:%M:%S'
        ])
    END;
