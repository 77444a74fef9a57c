-- The rejects that quote a user: rows whose user_id is the user's, and rows and lines of files that contain the id as a
-- word of its own, since their columns have other names. An id such as 5 may be a rating or an item there. Rejects of
-- other users then go too, but none of the user's remains.
--
-- Parameters
--   $user    VARCHAR: the id as text
CREATE OR REPLACE TEMP TABLE forgotten_rejects AS
SELECT q.reject_rowid
FROM (
    SELECT r.rowid AS reject_rowid, CAST(r."row" AS VARCHAR) AS line, u.word, r."row" ->> '$.user_id' AS named
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
