-- Insert the rejects of a load, except those that were inserted before.
--
-- Parameters
--   $source  VARCHAR: the source of the rows
INSERT INTO mmsql.rejects
SELECT $source, n.reason, n."row", now()::TIMESTAMP
FROM (
    SELECT r.reason, r."row", row_number() OVER (PARTITION BY r.reason, CAST(r."row" AS VARCHAR)) AS times
    FROM load_rejects r
) n
LEFT JOIN (
    SELECT k.reason, CAST(k."row" AS VARCHAR) AS line, count(*) AS times
    FROM mmsql.rejects k
    WHERE k.source = $source
    GROUP BY k.reason, CAST(k."row" AS VARCHAR)
) k ON k.reason = n.reason AND k.line = CAST(n."row" AS VARCHAR)
WHERE n.times > coalesce(k.times, 0);
