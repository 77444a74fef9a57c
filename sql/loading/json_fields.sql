-- The names of the fields of the first objects in a JSON file.
--
-- Parameters
--   $sample  BIGINT: number of lines to read
SELECT list_sort(list_distinct(flatten(list(json_keys(l.line))))) AS names
FROM (SELECT f.line, f.load_error FROM load_lines f LIMIT $sample) l
WHERE l.load_error IS NULL;
