-- Items without an id, and ids in more than one row, with the reason.
SELECT 'items' AS source, 'item_id is NULL' AS reason, to_json(i) AS "row"
FROM mmsql.items i
WHERE i.item_id IS NULL
UNION ALL
SELECT 'items' AS source, 'item_id stands in ' || CAST(d.copies AS VARCHAR) || ' rows' AS reason,
       json_object('item_id', d.item_id) AS "row"
FROM (
    SELECT x.item_id, count(*) AS copies
    FROM mmsql.items x
    WHERE x.item_id IS NOT NULL
    GROUP BY x.item_id
    HAVING count(*) > 1
) d;
