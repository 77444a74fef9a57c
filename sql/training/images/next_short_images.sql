-- The next images that are paths, small or missing, in order of position.
--
-- Parameters
--   $after   INTEGER, the last position that was read
--   $rows    INTEGER, largest number of rows
SELECT i.position, i.short
FROM content_images i
WHERE i.position > $after AND (i.bytes IS NULL OR i.bytes <= 4096)
ORDER BY i.position
LIMIT $rows;
