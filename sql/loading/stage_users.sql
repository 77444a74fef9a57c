-- The users of a file with types and errors; further columns are unchanged. A user needs an id.
CREATE OR REPLACE TEMP TABLE load_staged AS
SELECT j.* EXCLUDE (load_raw, load_error, load_unreadable_attributes, load_user),
       CASE WHEN j.load_reason IS NOT NULL OR len(j.load_unreadable) > 0 THEN to_json(j.load_raw) END AS load_json
FROM (
    SELECT t.*,
           CASE
               WHEN t.load_error IS NOT NULL THEN t.load_error
               WHEN load_text(t.load_user) IS NULL THEN 'user_id is missing'
               WHEN t.user_id IS NULL THEN 'user_id does not fit the type of mmsql.users.user_id'
               WHEN l.load_line IS NULL THEN 'user_id stands in the file again: the last value of each column counts'
           END AS load_reason,
           t.load_unreadable_attributes AS load_unreadable
    FROM (
        SELECT s.* REPLACE (load_user_id(s.user_id) AS user_id), s.user_id AS load_user
        FROM load_source s
    ) t
    LEFT JOIN load_last l ON l.load_line = t.load_line
) j;
