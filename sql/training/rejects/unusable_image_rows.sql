-- Images without an item, with the reason.
SELECT 'images' AS source, 'item_id is NULL' AS reason,
       json_object('item_id', g.item_id) AS "row"
FROM mmsql.images g
WHERE g.item_id IS NULL;
