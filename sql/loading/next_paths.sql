-- The next picture files to read.
--
-- Parameters
--   $start   BIGINT: rows up to this number were read
--   $stop    BIGINT: the last row to read now
SELECT p.item_id, p.path, CAST(p.load_line AS VARCHAR) AS load_line, p.load_bad
FROM load_paths p
WHERE p.load_number > $start AND p.load_number <= $stop
ORDER BY p.load_number;
