-- Put in the pictures that are not there yet.
INSERT INTO mmsql.images BY NAME
SELECT s.item_id, s.image
FROM load_staged s
JOIN load_keyed d ON d.load_line = s.rowid
WHERE NOT d.load_known
ORDER BY d.item_id, d.load_digest;
