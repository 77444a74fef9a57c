-- Images that cannot be used, with the reason.
--
-- Parameters
--   none; reads content_images and failed_images(position, content_hash, reason), each row with a position or a hash
CREATE OR REPLACE TEMP TABLE unusable AS
SELECT 'images' AS source, f.reason,
       CAST(json_object('item_id', i.item, 'path', i.path, 'bytes', i.bytes, 'md5', i.content_hash) AS JSON) AS "row"
FROM failed_images f
JOIN content_images i ON i.position = f.position
UNION ALL
SELECT 'images' AS source, f.reason,
       CAST(json_object('item_id', i.item, 'path', i.path, 'bytes', i.bytes, 'md5', i.content_hash) AS JSON) AS "row"
FROM failed_images f
JOIN content_images i ON i.content_hash = f.content_hash;
