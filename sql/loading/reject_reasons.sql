-- The most frequent reasons among the rejects of a load, with an example row each.
SELECT r.reason, count(*) AS rows, any_value(CAST(r."row" AS VARCHAR)) AS example
FROM load_rejects r
GROUP BY r.reason
ORDER BY count(*) DESC, r.reason
LIMIT 3;
