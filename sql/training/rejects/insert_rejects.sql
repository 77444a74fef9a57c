-- Add the rows of the temp table unusable(source, reason, row) to the rejects, each different row once: 1,000 of
-- each reason, and the number of the others as {"further_rows": n}.
INSERT INTO mmsql.rejects
SELECT u.source, u.reason, u."row", now()::TIMESTAMP
FROM (
    SELECT b.source, b.reason, b."row"
    FROM (SELECT DISTINCT d.source, d.reason, d."row" FROM unusable d) b
    QUALIFY row_number() OVER (PARTITION BY b.source, b.reason ORDER BY CAST(b."row" AS VARCHAR)) <= 1000
    UNION ALL
    SELECT c.source, c.reason, json_object('further_rows', c.rows - 1000)
    FROM (
        SELECT e.source, e.reason, count(DISTINCT CAST(e."row" AS VARCHAR)) AS rows FROM unusable e GROUP BY ALL
    ) c
    WHERE c.rows > 1000
) u
ANTI JOIN mmsql.rejects r ON r.source = u.source AND r.reason = u.reason AND CAST(r."row" AS VARCHAR) = CAST(u."row" AS VARCHAR);
