-- The items of a file as they are in the database before the load.
CREATE OR REPLACE TEMP TABLE load_existing AS
SELECT DISTINCT ON (t.item_id) t.*
FROM mmsql.items t
SEMI JOIN (SELECT s.item_id FROM load_staged s WHERE s.load_reason IS NULL) s ON s.item_id = t.item_id;
