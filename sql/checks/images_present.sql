-- How many pictures there are, and of how many of the items.
SELECT 'images' AS source, CASE WHEN m.images = 0 OR m.unknown > 0 THEN 'note' ELSE 'ok' END AS level,
       CASE
           WHEN m.images = 0 THEN 'There are no images.'
           ELSE concat(
               check_count(m.images, 'image'), ' of ', check_count(m.items, 'item'), ' (',
               check_share(m.listed, c.items), ' of all items)',
               CASE WHEN m.unknown > 0 THEN ', ' || check_count(m.unknown, 'image') || ' of unknown items' END, '.'
           )
       END AS finding,
       CASE WHEN m.images = 0 THEN 'They may be missing; with them, items that look alike are joined.'
            WHEN m.unknown > 0 THEN 'Do the ids of the sources mean the same?'
            ELSE '' END AS advice
FROM (
    SELECT count(*) AS images, count(DISTINCT g.item_id) AS items, count(DISTINCT c.item_id) AS listed,
           count(*) FILTER (c.item_id IS NULL) AS unknown
    FROM check_images g
    LEFT JOIN check_catalog c ON c.item_id = g.item_id
) m
CROSS JOIN (SELECT count(*) AS items FROM check_catalog) c;
