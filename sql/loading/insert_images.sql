-- Insert the images that are not in the database.
INSERT INTO mmsql.images BY NAME
SELECT s.item_id, s.image
FROM load_staged s
JOIN load_distinct d ON d.load_line = s.rowid
WHERE NOT d.load_existing
ORDER BY d.item_id, d.load_digest;
