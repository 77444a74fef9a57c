-- The time of the latest event that is not in the future: the end of every window of days.
--
-- Returns
--   TIMESTAMP, NULL if no event has one
-- Example
--   SELECT mmsql._latest_event();
CREATE MACRO mmsql._latest_event() AS (
    SELECT max(CAST(i.ts AS TIMESTAMP)) FILTER (mmsql._is_past(i.ts)) FROM mmsql.interactions i
);
