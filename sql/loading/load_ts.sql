-- The timestamp in a text: a number since 1970, an ISO date or time (with an offset, as UTC), or a form of
-- load_other_ts. Dates whose order of day and month is ambiguous, such as 03/04/2024, are not read.
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
        WHEN regexp_matches(value, '[0-9]:[0-9]{2}.*[0-9 ](Z|z|UTC|GMT|[A-Z][a-z]+/[A-Za-z_]+|[+-][0-9]{2}(:?[0-9]{2})?)\s*$')
             AND TRY_CAST(value AS TIMESTAMPTZ) IS NOT NULL
            THEN make_timestamp(epoch_us(TRY_CAST(value AS TIMESTAMPTZ)))
        WHEN isfinite(TRY_CAST(value AS TIMESTAMP)) AND regexp_matches(value, '^\s*[0-9]')
             AND NOT regexp_matches(value, ':[0-9]{2}.*([A-Za-z]+|[+-][0-9:]+)\s*$')
            THEN TRY_CAST(value AS TIMESTAMP)
        WHEN regexp_matches(value, '[0-9]') THEN load_other_ts(value)
    END;
