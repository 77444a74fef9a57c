-- Copy the comment terms of a model to another model of the same comments.
--
-- Parameters
--   $model      VARCHAR, the new model
--   $terms_of   VARCHAR, the model with the terms
INSERT INTO mmsql.comment_terms
SELECT $model, t.term, t.share
FROM mmsql.comment_terms t
WHERE t.model = $terms_of
ORDER BY t.term;
