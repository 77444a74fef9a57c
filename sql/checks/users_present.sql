-- The number of listed users, and the share of users with events that are listed.
SELECT 'users' AS source, CASE WHEN u.users = 0 OR u.listed < u.seen THEN 'note' ELSE 'ok' END AS level,
       CASE
           WHEN u.users = 0 THEN 'No users are listed.'
           WHEN u.seen = 0 THEN check_count(u.users, 'user') || '.'
           ELSE format('{}; {} of those with events are listed.', check_count(u.users, 'user'),
                       check_share(u.listed, u.seen))
       END AS finding,
       CASE WHEN u.users = 0 THEN 'The list is optional: mmsql knows users by their events.' ELSE '' END AS advice
FROM (
    SELECT (SELECT count(*) FROM check_users) AS users, count(*) AS seen, count(l.user_id) AS listed
    FROM check_user_sizes s
    LEFT JOIN (SELECT DISTINCT t.user_id FROM check_users t) l ON l.user_id = s.user_id
) u;
