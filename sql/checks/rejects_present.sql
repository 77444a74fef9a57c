-- The number of rows in mmsql.rejects, by source and reason.
SELECT r.source, 'note' AS level,
       format('{} in mmsql.rejects: {}.', check_count(r.rows, 'row'), r.reason) AS finding,
       format('See FROM mmsql.rejects WHERE source = ''{}'', correct the file, load it again.', r.source) AS advice
FROM (
    SELECT k.source, k.reason, sum(coalesce(TRY_CAST(k."row" ->> 'further_rows' AS BIGINT), 1)) AS rows
    FROM mmsql.rejects k
    GROUP BY k.source, k.reason
) r
ORDER BY r.rows DESC, r.source, r.reason
LIMIT 10;
