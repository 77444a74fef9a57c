-- Add the rows of the temp table unusable(source, reason, row) to the rejects, each different row once.
INSERT INTO mmsql.rejects
SELECT DISTINCT u.source, u.reason, u."row", now()::TIMESTAMP
FROM unusable u
ANTI JOIN mmsql.rejects r ON r.source = u.source AND r.reason = u.reason AND CAST(r."row" AS VARCHAR) = CAST(u."row" AS VARCHAR);
