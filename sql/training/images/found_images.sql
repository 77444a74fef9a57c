-- Note what paths and small pictures turned out to be, from new_rows(place, path, content_hash).
UPDATE content_images AS i
SET path = n.path, content_hash = n.content_hash
FROM new_rows n
WHERE n.place = i.place;
