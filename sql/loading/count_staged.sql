-- How many rows were staged, how many cannot be loaded, and how many are loaded without a field.
SELECT count(*) AS rows, count(s.load_reason) AS rejected,
       count(*) FILTER (s.load_reason IS NULL AND len(s.load_unread) > 0) AS flawed
FROM load_staged s;
