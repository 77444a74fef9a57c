-- A sample of the comments, always the same for the same comments. Comment terms are counted in it.
--
-- Parameters
--   $comments  INTEGER: largest number of comments
--   $letters   INTEGER: number of characters of each
SELECT CAST(k.user_id AS VARCHAR) AS user_id, left(k.body, $letters) AS body
FROM mmsql.comments k
WHERE (k.body BETWEEN '!' AND '~' OR trim(k.body) <> '')  -- as in content_texts.sql
ORDER BY md5(concat_ws(' ', k.item_id, k.user_id, k.ts)), k.body
LIMIT $comments;
