-- Relations that training cannot use, with the reason.
WITH known AS (
    SELECT CAST(i.item_id AS VARCHAR) AS item_id FROM mmsql.interactions i
    WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL
    UNION
    SELECT CAST(m.item_id AS VARCHAR) FROM mmsql.items m WHERE m.item_id IS NOT NULL
)
SELECT 'relations' AS source, j.reason, j."row"
FROM (
    SELECT CASE WHEN r.item_id IS NULL AND r.related_id IS NULL THEN 'item_id and related_id are NULL'
                WHEN r.item_id IS NULL THEN 'item_id is NULL'
                WHEN r.related_id IS NULL THEN 'related_id is NULL'
                WHEN CAST(r.item_id AS VARCHAR) = CAST(r.related_id AS VARCHAR) THEN 'an item is related to itself'
                WHEN NOT (CAST(r.weight AS DOUBLE) > 0 AND CAST(r.weight AS DOUBLE) <= 1e12)
                    THEN 'weight is not a number above 0 and up to 1e12'
                WHEN a.item_id IS NULL THEN 'item_id is an unknown item: it has no event and is not in items'
                WHEN b.item_id IS NULL THEN 'related_id is an unknown item: it has no event and is not in items'
           END AS reason,
           to_json(r) AS "row"
    FROM mmsql.relations r
    LEFT JOIN known a ON a.item_id = CAST(r.item_id AS VARCHAR)
    LEFT JOIN known b ON b.item_id = CAST(r.related_id AS VARCHAR)
) j
WHERE j.reason IS NOT NULL;
