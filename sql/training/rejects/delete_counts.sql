-- Delete the numbers of further rejects of the reasons in the temp table unusable(source, reason, row), which are counted anew.
DELETE FROM mmsql.rejects r
USING (SELECT DISTINCT u.source, u.reason FROM unusable u) d
WHERE r.source = d.source AND r.reason = d.reason AND (r."row" ->> 'further_rows') IS NOT NULL AND (r."row" ->> 'file') IS NULL;
