-- The large images with some hashes, as bytes.
--
-- Parameters
--   none; reads the view given_images(item_id, image) and wanted_hashes(content_hash)
SELECT g.image
FROM given_images g
SEMI JOIN wanted_hashes w ON w.content_hash = md5(g.image)
WHERE octet_length(g.image) > 4096;
