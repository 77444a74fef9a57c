-- Delete the numbers of further rejects of an earlier load of a file, which are counted anew.
--
-- Parameters
--   $source  VARCHAR: the source of the rows
--   $file    VARCHAR: the name of the file
DELETE FROM mmsql.rejects r
WHERE r.source = $source AND (r."row" ->> 'further_rows') IS NOT NULL AND (r."row" ->> 'file') = $file;
