-- Insert the rejects of a load, except those that were inserted before: 1,000 of each reason, and the number of
-- the others as {"further_rows": n, "file": name}.
--
-- Parameters
--   $source  VARCHAR: the source of the rows
--   $file    VARCHAR: the name of the file
INSERT INTO mmsql.rejects
SELECT $source, n.reason, n."row", now()::TIMESTAMP
FROM (
    SELECT r.reason, r."row", row_number() OVER (PARTITION BY r.reason, CAST(r."row" AS VARCHAR)) AS times
    FROM (
        SELECT f.reason, f."row" FROM load_rejects f
        QUALIFY row_number() OVER (PARTITION BY f.reason ORDER BY CAST(f."row" AS VARCHAR)) <= 1000
        UNION ALL
        SELECT a.reason, json_object('further_rows', count(*) - 1000, 'file', $file)
        FROM load_rejects a
        GROUP BY a.reason
        HAVING count(*) > 1000
    ) r
) n
LEFT JOIN (
    SELECT k.reason, CAST(k."row" AS VARCHAR) AS line, count(*) AS times
    FROM mmsql.rejects k
    WHERE k.source = $source
    GROUP BY k.reason, CAST(k."row" AS VARCHAR)
) k ON k.reason = n.reason AND k.line = CAST(n."row" AS VARCHAR)
WHERE n.times > coalesce(k.times, 0);
