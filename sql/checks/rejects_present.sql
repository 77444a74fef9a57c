-- The number of rows in mmsql.rejects, by source and reason.
SELECT r.source, 'note' AS level,
       format('{} in mmsql.rejects: {}.', check_count(count(*), 'row'), r.reason) AS finding,
       format('See FROM mmsql.rejects WHERE source = ''{}'', correct the file, load it again.', r.source) AS advice
FROM mmsql.rejects r
GROUP BY r.source, r.reason
ORDER BY count(*) DESC, r.source, r.reason
LIMIT 10;
