-- The merged structure of JSON objects: each key with its type.
--
-- Parameters
--   $sample  BIGINT: number of lines to read
SELECT json_group_structure(CAST(l.line AS JSON)) AS structure
FROM (SELECT f.line, f.load_error FROM load_lines f LIMIT $sample) l
WHERE l.load_error IS NULL;
