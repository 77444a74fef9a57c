-- The number of users that an evaluation can hold an item out of.
SELECT 'interactions' AS source, CASE WHEN u.able = 0 THEN 'warning' ELSE 'ok' END AS level,
       CASE WHEN u.able = 0 THEN 'No user has two different items, so nothing can be evaluated.'
            ELSE format('{:,} of {} can be evaluated leave-last-out.', u.able, check_count(u.users, 'user'))
       END AS finding,
       CASE WHEN u.able = 0 THEN 'Load a longer history.' ELSE '' END AS advice
FROM (SELECT count(*) FILTER (s.items > 1) AS able, count(*) AS users FROM check_user_sizes s) u
WHERE u.users > 0;
