-- Events that training cannot use, or not with their weight, with the reason.
SELECT 'interactions' AS source,
       CASE WHEN i.user_id IS NULL AND i.item_id IS NULL THEN 'user_id and item_id are NULL'
            WHEN i.user_id IS NULL THEN 'user_id is NULL'
            ELSE 'item_id is NULL' END AS reason,
       to_json(i) AS "row"
FROM mmsql.interactions i
WHERE i.user_id IS NULL OR i.item_id IS NULL
UNION ALL
SELECT 'interactions' AS source, 'weight is not finite or beyond 1e12, and counts as 1' AS reason, to_json(i) AS "row"
FROM mmsql.interactions i
WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL AND NOT abs(CAST(i.weight AS DOUBLE)) <= 1e12;
