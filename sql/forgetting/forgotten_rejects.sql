-- The rejects that quote a user: rows whose user_id is theirs, and rows and lines of files, where the columns have
-- other names, with the id as a word of its own. An id such as 5 may be a rating there, or an item: then rejects of
-- others go too, but none of the user's stays.
--
-- Parameters
--   $user    VARCHAR: the id as text
CREATE OR REPLACE TEMP TABLE forgotten_rejects AS
SELECT q.place
FROM (
    SELECT r.rowid AS place, CAST(r."row" AS VARCHAR) AS line, u.word, r."row" ->> '$.user_id' AS named
    FROM mmsql.rejects r
    CROSS JOIN (
        SELECT substr(j.quoted, 2, length(j.quoted) - 2) AS word FROM (SELECT CAST(to_json($user) AS VARCHAR) AS quoted) j
    ) u
    WHERE contains(CAST(r."row" AS VARCHAR), u.word)
) q
WHERE CASE WHEN q.named IS NOT NULL THEN $user IN (q.named, trim(q.named))
           ELSE regexp_matches(
               q.line, '(^|[^\p{L}\p{N}_-])' || regexp_escape(q.word) || '($|[^\p{L}\p{N}_-])'
           ) END;
