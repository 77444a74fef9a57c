-- Items without an id, and ids in more than one row.
SELECT 'items' AS source, 'warning' AS level, format('{} without an id.', check_count(n.items, 'row')) AS finding,
       'They are not used. Training lists them in mmsql.rejects.' AS advice
FROM (SELECT count(*) AS items FROM check_items i WHERE i.item_id IS NULL) n
WHERE n.items > 0
UNION ALL
SELECT 'items' AS source, 'warning' AS level,
       format('{} in more than one row, such as {}.', check_count(d.ids, 'id'), d.example) AS finding,
       'Keep one row an item. Otherwise the title and price of any of its rows are used.' AS advice
FROM (
    SELECT count(*) AS ids, min(g.item_id) AS example
    FROM (SELECT i.item_id FROM check_items i WHERE i.item_id IS NOT NULL GROUP BY i.item_id HAVING count(*) > 1) g
) d
WHERE d.ids > 0;
