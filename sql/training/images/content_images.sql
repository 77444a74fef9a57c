-- The images of catalog items. Paths and small images are kept as they are, larger images as a hash.
--
-- Parameters
--   none; reads train_catalog and the view given_images(item_id, image)
CREATE OR REPLACE TEMP TABLE content_images AS
SELECT CAST(row_number() OVER () AS INTEGER) AS position, c.item_index, to_json(g.item_id) AS item,
       octet_length(g.image) AS bytes, CAST(NULL AS VARCHAR) AS path,
       CASE WHEN octet_length(g.image) <= 4096 THEN g.image END AS short,
       CASE WHEN octet_length(g.image) > 4096 THEN md5(g.image) END AS content_hash
FROM given_images g
JOIN train_catalog c ON c.item_id = g.item_id;
