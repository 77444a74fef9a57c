-- Take out the pictures of the file's items that the file does not hold.
DELETE FROM mmsql.images AS t
WHERE t.item_id IN (SELECT d.item_id FROM load_keyed d)
  AND NOT EXISTS (FROM load_keyed d WHERE d.item_id = t.item_id AND d.load_digest = md5(t.image));
