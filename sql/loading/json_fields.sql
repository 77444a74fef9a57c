-- The names of the fields that the first objects of a JSON file have.
--
-- Parameters
--   $sample  BIGINT: how many lines to look at
SELECT list_sort(list_distinct(flatten(list(json_keys(l.line))))) AS names
FROM (SELECT f.line, f.load_bad FROM load_lines f LIMIT $sample) l
WHERE l.load_bad IS NULL;
