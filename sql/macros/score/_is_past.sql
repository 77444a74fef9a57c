-- Whether a timestamp is not in the future. A day is allowed for time zones.
--
-- Parameters
--   ts    a timestamp or NULL
-- Returns
--   BOOLEAN, NULL for NULL
-- Example
--   SELECT mmsql._is_past(TIMESTAMP '2024-01-01');
CREATE MACRO mmsql._is_past(ts) AS
    CAST(ts AS TIMESTAMP) <= CAST(now() AS TIMESTAMP) + INTERVAL 1 DAY;
