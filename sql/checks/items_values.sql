-- Negative, infinite and zero prices, and a shop without any available item.
SELECT 'items' AS source, 'warning' AS level,
       format('{} with a negative or infinite price.', check_count(p.odd, 'item')) AS finding,
       'Price filters use them as they are. Set unknown prices to NULL.' AS advice
FROM (SELECT count(*) FILTER (i.price < 0 OR NOT isfinite(i.price)) AS odd FROM check_items i) p
WHERE p.odd > 0
UNION ALL
SELECT 'items' AS source, 'note' AS level, format('{} with price 0.', check_count(p.free, 'item')) AS finding,
       'If that means unknown, set it to NULL.' AS advice
FROM (SELECT count(*) FILTER (i.price = 0) AS free FROM check_items i) p
WHERE p.free > 0
UNION ALL
SELECT 'items' AS source, 'warning' AS level, 'No item is available.' AS finding,
       'recommend() leaves out items that are not available, unless only_available := false.' AS advice
FROM (SELECT count(*) AS items, count(*) FILTER (coalesce(i.available, true)) AS available FROM check_items i) a
WHERE a.items > 0 AND a.available = 0;
