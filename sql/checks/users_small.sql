-- A shop with a single user or a single item, and users with a single item.
SELECT 'interactions' AS source, 'warning' AS level, 'There is only one user.' AS finding,
       'Recommendations come from the events of other users. With one user, only content remains.' AS advice
FROM (SELECT count(*) AS users FROM check_user_sizes) u
WHERE u.users = 1
UNION ALL
SELECT 'interactions' AS source, 'warning' AS level, 'There is only one item.' AS finding,
       'There is no other item to recommend.' AS advice
FROM (SELECT count(*) AS items FROM check_catalog) c
WHERE c.items = 1
UNION ALL
SELECT 'interactions' AS source, 'note' AS level,
       format('{} ({}) with a single item.', check_count(u.single, 'user'), check_share(u.single, u.users))
           AS finding,
       'Their recommendations come from that item. They cannot be evaluated.' AS advice
FROM (SELECT count(*) FILTER (s.items = 1) AS single, count(*) AS users FROM check_user_sizes s) u
WHERE u.single > 0 AND u.users > 1;
