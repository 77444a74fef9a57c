-- The next image files to read.
--
-- Parameters
--   $start   BIGINT: number of the last row that was read
--   $stop    BIGINT: number of the last row to read
SELECT p.item_id, p.path, CAST(p.load_line AS VARCHAR) AS load_line, p.load_error
FROM load_paths p
WHERE p.load_number > $start AND p.load_number <= $stop
ORDER BY p.load_number;
