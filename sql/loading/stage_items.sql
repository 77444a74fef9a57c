-- The items of a file with types and errors; further columns are unchanged. An item needs an id. It is loaded without a
-- price or stock flag that cannot be read, since it still sells.
CREATE OR REPLACE TEMP TABLE load_staged AS
SELECT j.* EXCLUDE (load_raw, load_error, load_unreadable_attributes, load_item, load_price, load_available),
       CASE WHEN j.load_reason IS NOT NULL OR len(j.load_unreadable) > 0 THEN to_json(j.load_raw) END AS load_json
FROM (
    SELECT t.*,
           CASE
               WHEN t.load_error IS NOT NULL THEN t.load_error
               WHEN load_text(t.load_item) IS NULL THEN 'item_id is missing'
               WHEN t.item_id IS NULL THEN 'item_id does not fit the type of mmsql.items.item_id'
               WHEN l.load_line IS NULL THEN 'item_id stands in the file again: the last value of each column counts'
           END AS load_reason,
           t.load_unreadable_attributes || list_filter(
               [
                   CASE WHEN t.price IS NULL AND load_non_null(t.load_price) IS NOT NULL THEN 'price' END,
                   CASE WHEN t.available IS NULL AND load_non_null(t.load_available) IS NOT NULL THEN 'available' END
               ],
               lambda field: field IS NOT NULL
           ) AS load_unreadable
    FROM (
        SELECT s.* REPLACE (
                   load_item_id(s.item_id) AS item_id, load_text(s.title) AS title,
                   load_text(s.description) AS description, load_text(s.category) AS category,
                   load_text(s.brand) AS brand, load_number(s.price) AS price, load_flag(s.available) AS available
               ),
               s.item_id AS load_item, s.price AS load_price, s.available AS load_available
        FROM load_source s
    ) t
    LEFT JOIN load_last l ON l.load_line = t.load_line
) j;
