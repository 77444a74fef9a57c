-- The timestamp for a number of seconds, milli-, micro- or nanoseconds since 1970. The unit follows from the size:
-- below 1e11 seconds (up to the year 5138), below 1e14 milliseconds, below 1e17 microseconds, else nanoseconds.
--
-- Parameters
--   value    DOUBLE
-- Returns
--   TIMESTAMP in UTC, or NULL for larger numbers
CREATE OR REPLACE TEMP MACRO load_epoch(value) AS
    CASE
        WHEN abs(value) < 1e11 THEN make_timestamp(CAST(round(value * 1e6) AS BIGINT))
        WHEN abs(value) < 1e14 THEN make_timestamp(CAST(round(value * 1e3) AS BIGINT))
        WHEN abs(value) < 1e17 THEN make_timestamp(CAST(round(value) AS BIGINT))
        WHEN abs(value) < 1e20 THEN make_timestamp(CAST(round(value / 1e3) AS BIGINT))
    END;
