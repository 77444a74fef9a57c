-- Events without a user or without an item.
SELECT 'interactions' AS source, 'warning' AS level,
       format('{} without a user, {} without an item.', check_count(f.without_user, 'event'),
              check_count(f.without_item, 'event')) AS finding,
       'They are not used. Training lists them in mmsql.rejects.' AS advice
FROM check_facts f
WHERE f.without_user > 0 OR f.without_item > 0;
