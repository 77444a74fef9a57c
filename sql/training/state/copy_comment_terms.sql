-- Keep the terms of comments of a model for one of the same comments.
--
-- Parameters
--   $model      VARCHAR, the new one
--   $terms_of   VARCHAR, the one that has them
INSERT INTO mmsql.comment_terms
SELECT $model, t.term, t.share
FROM mmsql.comment_terms t
WHERE t.model = $terms_of
ORDER BY t.term;
