-- The number of images, and the share of items that have one.
SELECT 'images' AS source, CASE WHEN m.images = 0 OR m.unknown > 0 THEN 'note' ELSE 'ok' END AS level,
       CASE
           WHEN m.images = 0 THEN 'There are no images.'
           ELSE concat(
               check_count(m.images, 'image'), ' of ', check_count(m.items, 'item'), ' (',
               check_share(m.listed, c.items), ' of all items)',
               CASE WHEN m.unknown > 0 THEN ', ' || check_count(m.unknown, 'image') || ' of unknown items' END, '.'
           )
       END AS finding,
       CASE WHEN m.images = 0 THEN 'Images are optional. With them, models link items that look similar.'
            WHEN m.unknown > 0 THEN 'Check that images and interactions use the same item ids.'
            ELSE '' END AS advice
FROM (
    SELECT count(*) AS images, count(DISTINCT g.item_id) AS items, count(DISTINCT c.item_id) AS listed,
           count(*) FILTER (c.item_id IS NULL) AS unknown
    FROM check_images g
    LEFT JOIN check_catalog c ON c.item_id = g.item_id
) m
CROSS JOIN (SELECT count(*) AS items FROM check_catalog) c;
