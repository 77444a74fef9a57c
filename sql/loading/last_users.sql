-- The last row of each user of a file. Earlier rows of the same user do not count.
CREATE OR REPLACE TEMP TABLE load_last AS
SELECT max(s.load_line) AS load_line
FROM load_source s
WHERE s.load_error IS NULL AND load_user_id(s.user_id) IS NOT NULL
GROUP BY load_user_id(s.user_id);
