-- Insert the users that are new or changed, in the order of the file.
INSERT INTO mmsql.users
SELECT m.*
FROM load_merged m
JOIN load_changed c ON c.user_id = m.user_id
JOIN load_staged s ON s.user_id = m.user_id AND s.load_reason IS NULL
ORDER BY s.load_line;
