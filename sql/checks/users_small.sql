-- A shop of one user or one item, and users with a single item.
SELECT 'interactions' AS source, 'warning' AS level, 'There is only one user.' AS finding,
       'What others did is what recommendations come from: with one user there is only content to go by.' AS advice
FROM (SELECT count(*) AS users FROM check_user_sizes) u
WHERE u.users = 1
UNION ALL
SELECT 'interactions' AS source, 'warning' AS level, 'There is only one item.' AS finding,
       'There is nothing else to recommend.' AS advice
FROM (SELECT count(*) AS items FROM check_catalog) c
WHERE c.items = 1
UNION ALL
SELECT 'interactions' AS source, 'note' AS level,
       format('{} ({}) with a single item.', check_count(u.single, 'user'), check_share(u.single, u.users))
           AS finding,
       'They are served from that item, and cannot be evaluated.' AS advice
FROM (SELECT count(*) FILTER (s.items = 1) AS single, count(*) AS users FROM check_user_sizes s) u
WHERE u.single > 0 AND u.users > 1;
