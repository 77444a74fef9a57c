-- The merged structure of JSON objects: each key with its type.
--
-- Parameters
--   $sample  BIGINT: how many lines to look at
SELECT json_group_structure(CAST(l.line AS JSON)) AS structure
FROM (SELECT f.line, f.load_bad FROM load_lines f LIMIT $sample) l
WHERE l.load_bad IS NULL;
