-- The hashes of texts that only one user wrote: comments with the text of no other comment and of no item.
--
-- Parameters
--   $user    VARCHAR: the id as text
CREATE OR REPLACE TEMP TABLE forgotten_texts AS
SELECT DISTINCT md5(k.body) AS content_hash
FROM mmsql.comments k
ANTI JOIN (
    SELECT o.body FROM mmsql.comments o WHERE CAST(o.user_id AS VARCHAR) IS DISTINCT FROM $user
    UNION ALL
    SELECT concat_ws('. ', nullif(trim(i.title), ''), nullif(trim(i.description), '')) AS body FROM mmsql.items i
) other ON other.body = k.body
WHERE CAST(k.user_id AS VARCHAR) = $user AND k.body IS NOT NULL;
