-- The event types, numbered from 0 in order of frequency. All after the first 62 share the last number.
CREATE OR REPLACE TEMP TABLE train_event_types AS
SELECT t.event, CAST(least(row_number() OVER (ORDER BY t.events DESC, t.event) - 1, 62) AS BIGINT) AS code
FROM (
    SELECT coalesce(i.event, '') AS event, count(*) AS events
    FROM mmsql.interactions i
    WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL AND mmsql._counts(i.weight)
    GROUP BY 1
) t;
