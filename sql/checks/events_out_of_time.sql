-- Events in the future, before 1995, or with an infinite timestamp.
SELECT 'interactions' AS source, 'warning' AS level,
       format('{} in the future, the last at {}.', check_count(f.future, 'event'), f.last_ts) AS finding,
       'Check the unit and the time zone of ts. They count as a user''s latest events; windows of days, such as in winback, leave them out.' AS advice
FROM check_facts f
WHERE f.future > 0
UNION ALL
SELECT 'interactions' AS source, 'warning' AS level,
       format('{} before 1995, the first at {}.', check_count(f.early, 'event'), f.first_ts) AS finding,
       'Timestamps near 1970 come from missing times, or from seconds that were read as milliseconds.' AS advice
FROM check_facts f
WHERE f.early > 0
UNION ALL
SELECT 'interactions' AS source, 'warning' AS level,
       format('{} with an infinite timestamp.', check_count(f.endless, 'event')) AS finding,
       'Set ts to NULL where it is unknown.' AS advice
FROM check_facts f
WHERE f.endless > 0;
