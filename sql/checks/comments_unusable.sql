-- Comments without an item or a text, and comments on items that no other source has.
SELECT 'comments' AS source, 'warning' AS level,
       format('{} without an item, {} without a text.', check_count(n.without_item, 'comment'),
              check_count(n.without_text, 'comment')) AS finding,
       'They are not used.' AS advice
FROM (
    SELECT count(*) FILTER (k.item_id IS NULL) AS without_item,
           count(*) FILTER (k.body IS NULL OR NOT regexp_matches(k.body, '\S')) AS without_text
    FROM check_comments k
) n
WHERE n.without_item > 0 OR n.without_text > 0
UNION ALL
SELECT 'comments' AS source, 'warning' AS level,
       format('{} on items that are neither listed nor have an event, such as {}.',
              check_count(u.comments, 'comment'), u.example) AS finding,
       'They are not used. Check that comments and interactions use the same item ids.' AS advice
FROM (
    SELECT count(*) AS comments, min(k.item_id) AS example
    FROM check_comments k
    ANTI JOIN check_catalog c ON c.item_id = k.item_id
    WHERE k.item_id IS NOT NULL
) u
WHERE u.comments > 0;
