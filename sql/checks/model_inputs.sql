-- The modalities that models can learn from, and the share of items that have each.
SELECT 'models' AS source, 'ok' AS level,
       'Models will learn from: ' || concat_ws(
           ', ',
           CASE WHEN f.usable > 0 THEN 'behaviour' END,
           CASE WHEN t.commented > 0
                THEN 'comments (' || check_share(t.commented, t.items) || ' of the items)' END,
           CASE WHEN t.described > 0
                THEN 'titles and descriptions (' || check_share(t.described, t.items) || ')' END,
           CASE WHEN t.pictured > 0 THEN 'images (' || check_share(t.pictured, t.items) || ')' END,
           CASE WHEN r.related > 0 THEN 'relations' END
       ) || '.' AS finding,
       CASE WHEN t.commented + t.described + t.pictured = 0
            THEN 'Without texts or images, only attributes lead to items without events.'
            ELSE '' END AS advice
FROM check_facts f
CROSS JOIN (SELECT count(*) AS related FROM check_relations) r
CROSS JOIN (
    SELECT count(*) AS items, count(k.item_id) AS commented, count(d.item_id) AS described,
           count(p.item_id) AS pictured
    FROM check_catalog c
    LEFT JOIN (
        SELECT DISTINCT k.item_id FROM check_comments k WHERE regexp_matches(k.body, '\S')
    ) k ON k.item_id = c.item_id
    LEFT JOIN (
        SELECT DISTINCT i.item_id
        FROM check_items i
        WHERE regexp_matches(concat(i.title, i.description), '\S')
    ) d ON d.item_id = c.item_id
    LEFT JOIN (
        SELECT DISTINCT g.item_id FROM check_images g WHERE g.image IS NOT NULL
    ) p ON p.item_id = c.item_id
) t
WHERE f.usable > 0 OR t.commented + t.described + t.pictured > 0;
