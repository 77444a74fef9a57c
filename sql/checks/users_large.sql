-- A user with over 5 % of all events.
SELECT 'interactions' AS source, 'note' AS level,
       format('User {} has {} of the events.', u.user_id, check_share(u.events, f.usable)) AS finding,
       'It may be a crawler or a shared till. A view can leave it out.' AS advice
FROM (SELECT s.user_id, s.events FROM check_user_sizes s ORDER BY s.events DESC, s.user_id LIMIT 1) u
CROSS JOIN check_facts f
WHERE u.events > 0.05 * f.usable AND u.events >= 1000 AND (SELECT count(*) FROM check_user_sizes) > 100;
