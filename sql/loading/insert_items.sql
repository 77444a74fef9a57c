-- Insert the items that are new or changed, in the order of the file.
INSERT INTO mmsql.items
SELECT m.*
FROM load_merged m
JOIN load_changed c ON c.item_id = m.item_id
JOIN load_staged s ON s.item_id = m.item_id AND s.load_reason IS NULL
ORDER BY s.load_line;
