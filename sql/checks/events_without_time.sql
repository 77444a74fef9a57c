-- Events without a timestamp.
SELECT 'interactions' AS source, 'warning' AS level,
       CASE WHEN f.timed = 0 THEN 'No event has a time.'
            ELSE format('{} ({}) have no time.', check_count(f.events - f.timed, 'event'),
                        check_share(f.events - f.timed, f.events)) END AS finding,
       'They count as the oldest, in an order drawn by hash. Models learn most from the order of events: fill ts. '
       || 'The split by time needs it.' AS advice
FROM check_facts f
WHERE f.timed < f.events;
