-- Users without an id, and ids in more than one row.
SELECT 'users' AS source, 'warning' AS level,
       concat_ws(
           ' ',
           CASE WHEN d.without > 0 THEN check_count(d.without, 'row') || ' without an id.' END,
           CASE WHEN d.ids > 0
                THEN format('{} in more than one row, such as {}.', check_count(d.ids, 'id'), d.example) END
       ) AS finding,
       'Keep one row a user.' AS advice
FROM (
    SELECT count(*) FILTER (g.user_id IS NOT NULL AND g.copies > 1) AS ids,
           min(g.user_id) FILTER (g.copies > 1) AS example,
           coalesce(sum(g.copies) FILTER (g.user_id IS NULL), 0) AS without
    FROM (SELECT u.user_id, count(*) AS copies FROM check_users u GROUP BY u.user_id) g
) d
WHERE d.ids > 0 OR d.without > 0;
