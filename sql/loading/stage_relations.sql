-- The relations of a file with types and errors. A relation needs both items. A weight that cannot be read is left out
-- and counts as 1.
CREATE OR REPLACE TEMP TABLE load_staged AS
SELECT j.item_id, j.related_id, j.relation, j.weight, j.load_reason, j.load_unreadable,
       CASE WHEN j.load_reason IS NOT NULL OR len(j.load_unreadable) > 0 THEN to_json(j.load_raw) END AS load_json
FROM (
    SELECT t.*,
           CASE
               WHEN t.load_error IS NOT NULL THEN t.load_error
               WHEN load_text(t.item_text) IS NULL THEN 'item_id is missing'
               WHEN t.item_id IS NULL THEN 'item_id does not fit the type of mmsql.relations.item_id'
               WHEN load_text(t.related_text) IS NULL THEN 'related_id is missing'
               WHEN t.related_id IS NULL THEN 'related_id does not fit the type of mmsql.relations.item_id'
               WHEN t.item_id = t.related_id THEN 'an item is related to itself'
               WHEN t.weight <= 0 THEN 'weight is not above 0'
           END AS load_reason,
           CASE WHEN t.weight IS NULL AND load_non_null(t.weight_text) IS NOT NULL THEN ['weight'] ELSE [] END
               AS load_unreadable
    FROM (
        SELECT s.load_raw, s.load_error, s.item_id AS item_text, s.related_id AS related_text, s.weight AS weight_text,
               load_item_id(s.item_id) AS item_id, load_item_id(s.related_id) AS related_id,
               load_text(s.relation) AS relation, load_number(s.weight) AS weight
        FROM load_source s
    ) t
) j;
