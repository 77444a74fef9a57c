-- Items with events but no row in items, and items in items without an event.
SELECT 'items' AS source, CASE WHEN u.events > 0.05 * f.usable THEN 'warning' ELSE 'note' END AS level,
       format('{} with events ({} of the events) are not listed in items.', check_count(u.items, 'item'),
              check_share(u.events, f.usable)) AS finding,
       'They are recommended without title or price. Check that both sources use the same item ids.' AS advice
FROM (
    SELECT count(*) AS items, coalesce(sum(s.events), 0) AS events
    FROM check_item_sizes s
    ANTI JOIN check_items i ON i.item_id = s.item_id
) u
CROSS JOIN check_facts f
WHERE u.items > 0 AND EXISTS (FROM check_items)
UNION ALL
SELECT 'items' AS source, 'note' AS level,
       format('{} ({}) have no event yet.', check_count(c.cold, 'item'), check_share(c.cold, c.items)) AS finding,
       'Models recommend them by their texts, comments and attributes.' AS advice
FROM (
    SELECT count(*) FILTER (s.item_id IS NULL) AS cold, count(*) AS items
    FROM (SELECT DISTINCT i.item_id FROM check_items i WHERE i.item_id IS NOT NULL) d
    LEFT JOIN check_item_sizes s ON s.item_id = d.item_id
) c
WHERE c.cold > 0;
