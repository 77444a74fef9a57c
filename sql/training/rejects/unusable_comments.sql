-- Comments without an item, with the reason.
SELECT 'comments' AS source, 'item_id is NULL' AS reason, to_json(k) AS "row"
FROM mmsql.comments k
WHERE k.item_id IS NULL;
