-- Events that training cannot use, with the reason.
SELECT 'interactions' AS source,
       CASE WHEN i.user_id IS NULL AND i.item_id IS NULL THEN 'user_id and item_id are NULL'
            WHEN i.user_id IS NULL THEN 'user_id is NULL'
            ELSE 'item_id is NULL' END AS reason,
       to_json(i) AS "row"
FROM mmsql.interactions i
WHERE i.user_id IS NULL OR i.item_id IS NULL;
