-- The number of staged rows, of rows that cannot be loaded, and of rows that are loaded without a field.
SELECT count(*) AS rows, count(s.load_reason) AS rejected,
       count(*) FILTER (s.load_reason IS NULL AND len(s.load_unreadable) > 0) AS flawed
FROM load_staged s;
