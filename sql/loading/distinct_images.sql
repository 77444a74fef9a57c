-- The images of a file, each once, by the digest of their bytes. load_existing marks images that the item has already,
-- load_update items whose other images the file replaces.
CREATE OR REPLACE TEMP TABLE load_distinct AS
WITH existing AS (
    SELECT t.item_id, md5(t.image) AS load_digest
    FROM mmsql.images t
    SEMI JOIN (SELECT s.item_id FROM load_staged s WHERE s.load_reason IS NULL) s ON s.item_id = t.item_id
)
SELECT d.item_id, d.load_digest, d.load_line, p.item_id IS NOT NULL AS load_existing,
       p.item_id IS NULL AND a.item_id IS NOT NULL AS load_update
FROM (
    SELECT s.item_id, s.load_digest, min(s.rowid) AS load_line
    FROM load_staged s
    WHERE s.load_reason IS NULL
    GROUP BY s.item_id, s.load_digest
) d
LEFT JOIN (SELECT DISTINCT h.item_id, h.load_digest FROM existing h) p
    ON p.item_id = d.item_id AND p.load_digest = d.load_digest
LEFT JOIN (SELECT DISTINCT h.item_id FROM existing h) a ON a.item_id = d.item_id;
