-- The next pictures that are paths, small or missing, in order of place.
--
-- Parameters
--   $after   INTEGER, the last place looked at
--   $rows    INTEGER, how many at most
SELECT i.place, i.short
FROM content_images i
WHERE i.place > $after AND (i.bytes IS NULL OR i.bytes <= 4096)
ORDER BY i.place
LIMIT $rows;
