-- The rows that count where a user stands in a file more than once: the last ones.
CREATE OR REPLACE TEMP TABLE load_last AS
SELECT max(s.load_line) AS load_line
FROM load_source s
WHERE s.load_bad IS NULL AND load_user_id(s.user_id) IS NOT NULL
GROUP BY load_user_id(s.user_id);
