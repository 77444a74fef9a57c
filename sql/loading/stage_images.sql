-- The images of a file with errors. An image needs an item, and bytes that begin as an image does.
CREATE OR REPLACE TEMP TABLE load_staged AS
SELECT j.item_id, j.image, md5(j.image) AS load_digest, j.load_reason, CAST([] AS VARCHAR[]) AS load_unreadable,
       CASE WHEN j.load_reason IS NOT NULL THEN to_json(j.load_raw) END AS load_json
FROM (
    SELECT t.*,
           CASE
               WHEN t.load_error IS NOT NULL THEN t.load_error
               WHEN load_text(t.load_item) IS NULL THEN 'item_id is missing'
               WHEN t.item_id IS NULL THEN 'item_id does not fit the type of mmsql.images.item_id'
               WHEN t.image IS NULL THEN 'image is missing'
               WHEN NOT load_is_image(t.image) THEN 'image is not a picture in a known format'
           END AS load_reason
    FROM (
        SELECT s.load_raw, s.load_error, s.item_id AS load_item, load_item_id(s.item_id) AS item_id, s.image
        FROM load_source s
    ) t
) j;
