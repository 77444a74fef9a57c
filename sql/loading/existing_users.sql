-- The users of a file as they are in the database before the load.
CREATE OR REPLACE TEMP TABLE load_existing AS
SELECT DISTINCT ON (t.user_id) t.*
FROM mmsql.users t
SEMI JOIN (SELECT s.user_id FROM load_staged s WHERE s.load_reason IS NULL) s ON s.user_id = t.user_id;
