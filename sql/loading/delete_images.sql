-- Remove the images of the file's items that are not in the file.
DELETE FROM mmsql.images AS t
WHERE t.item_id IN (SELECT d.item_id FROM load_distinct d)
  AND NOT EXISTS (FROM load_distinct d WHERE d.item_id = t.item_id AND d.load_digest = md5(t.image));
