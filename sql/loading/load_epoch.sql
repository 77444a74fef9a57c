-- The moment that a number of seconds, milli-, micro- or nanoseconds since 1970 stands for. The unit is
-- told by size: below 1e11 seconds (up to the year 5138), below 1e14 milliseconds, below 1e17 microseconds.
--
-- Parameters
--   moment   DOUBLE
-- Returns
--   TIMESTAMP in UTC, or NULL when the number is too large for any unit
CREATE OR REPLACE TEMP MACRO load_epoch(moment) AS
    CASE
        WHEN abs(moment) < 1e11 THEN make_timestamp(CAST(round(moment * 1e6) AS BIGINT))
        WHEN abs(moment) < 1e14 THEN make_timestamp(CAST(round(moment * 1e3) AS BIGINT))
        WHEN abs(moment) < 1e17 THEN make_timestamp(CAST(round(moment) AS BIGINT))
        WHEN abs(moment) < 1e20 THEN make_timestamp(CAST(round(moment / 1e3) AS BIGINT))
    END;
