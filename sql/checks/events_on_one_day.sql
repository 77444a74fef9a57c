-- A single day with over 20 % of the events of a history over 30 days: probably an import.
SELECT 'interactions' AS source, 'warning' AS level,
       format('{} alone holds {} of the events.', d.day, check_share(d.events, f.timed)) AS finding,
       'If that is the day of an import, set ts to NULL: a made-up time gives a wrong order.' AS advice
FROM (
    SELECT CAST(i.ts AS DATE) AS day, count(*) AS events
    FROM check_interactions i
    WHERE isfinite(i.ts)
    GROUP BY CAST(i.ts AS DATE)
    ORDER BY count(*) DESC, CAST(i.ts AS DATE)
    LIMIT 1
) d
CROSS JOIN check_facts f
WHERE d.events > 0.2 * f.timed AND d.events > 10 AND f.last_past_ts - f.first_ts > INTERVAL 30 DAY;
