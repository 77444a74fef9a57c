-- Store the comment terms of a model, from new_rows(term, share).
--
-- Parameters
--   $model    VARCHAR
INSERT INTO mmsql.comment_terms
SELECT $model, n.term, n.share
FROM new_rows n
ORDER BY n.term;
