-- Items without an id, and ids that stand in several rows.
SELECT 'items' AS source, 'warning' AS level, format('{} without an id.', check_count(n.items, 'row')) AS finding,
       'They are not used; training lists them in mmsql.rejects.' AS advice
FROM (SELECT count(*) AS items FROM check_items i WHERE i.item_id IS NULL) n
WHERE n.items > 0
UNION ALL
SELECT 'items' AS source, 'warning' AS level,
       format('{} in more than one row, such as {}.', check_count(d.ids, 'id'), d.example) AS finding,
       'An item should have one row, or which title and price it has is left to chance.' AS advice
FROM (
    SELECT count(*) AS ids, min(g.item_id) AS example
    FROM (SELECT i.item_id FROM check_items i WHERE i.item_id IS NOT NULL GROUP BY i.item_id HAVING count(*) > 1) g
) d
WHERE d.ids > 0;
