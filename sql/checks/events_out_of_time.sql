-- Events in the future, before 1995, or at an infinite moment.
SELECT 'interactions' AS source, 'warning' AS level,
       format('{} in the future, the last at {}.', check_count(f.future, 'event'), f.last_ts) AS finding,
       'Is the unit or the time zone of ts wrong? They count as the latest.' AS advice
FROM check_facts f
WHERE f.future > 0
UNION ALL
SELECT 'interactions' AS source, 'warning' AS level,
       format('{} before 1995, the first at {}.', check_count(f.early, 'event'), f.first_ts) AS finding,
       'Days around 1970 are what missing times, or seconds read as milliseconds, look like.' AS advice
FROM check_facts f
WHERE f.early > 0
UNION ALL
SELECT 'interactions' AS source, 'warning' AS level,
       format('{} at an infinite moment.', check_count(f.endless, 'event')) AS finding,
       'Set ts to NULL where it is not known.' AS advice
FROM check_facts f
WHERE f.endless > 0;
