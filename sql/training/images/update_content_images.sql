-- Store the path and the hash of images that were paths or small, from new_rows(position, path, content_hash).
UPDATE content_images AS i
SET path = n.path, content_hash = n.content_hash
FROM new_rows n
WHERE n.position = i.position;
