-- The number of comments, and the share of items that have one.
SELECT 'comments' AS source, CASE WHEN k.comments = 0 THEN 'note' ELSE 'ok' END AS level,
       CASE
           WHEN k.comments = 0 THEN 'There are no comments.'
           ELSE concat(
               check_count(k.comments, 'comment'), ' on ', check_count(k.items, 'item'), ' (',
               check_share(k.listed, c.items), ' of all items), ', format('{:.0f}', k.length),
               ' characters on average.'
           )
       END AS finding,
       CASE WHEN k.comments = 0 THEN 'Comments make item vectors better: `mmsql load file DB comments FILE`.'
            ELSE '' END AS advice
FROM (
    SELECT sum(g.comments) AS comments, count(g.item_id) AS items, sum(g.length) / sum(g.comments) AS length,
           count(c.item_id) AS listed
    FROM (
        SELECT i.item_id, count(*) AS comments, sum(length(i.body)) AS length
        FROM check_comments i
        GROUP BY i.item_id
        UNION ALL
        SELECT NULL, 0, 0
    ) g
    LEFT JOIN check_catalog c ON c.item_id = g.item_id
) k
CROSS JOIN (SELECT count(*) AS items FROM check_catalog) c;
