-- The number of events, users and items, and the first and last day.
SELECT 'interactions' AS source,
       CASE WHEN f.usable = 0 THEN 'problem' ELSE 'ok' END AS level,
       CASE
           WHEN f.events = 0 THEN 'There is no event, so there is nothing to learn from.'
           WHEN f.usable = 0 THEN concat(
               'Of ', check_count(f.events, 'event'), ' none can be used: an id is missing, or the weight is 0 or less.')
           ELSE concat(
               check_count(f.events, 'event'), ' of ',
               check_count((SELECT count(*) FROM check_user_sizes), 'user'), ' on ',
               check_count((SELECT count(*) FROM check_item_sizes), 'item'),
               CASE WHEN f.first_ts IS NOT NULL THEN format(
                   ', from {} to {}', strftime(f.first_ts, '%Y-%m-%d'), strftime(f.last_ts, '%Y-%m-%d')) END,
               '.'
           )
       END AS finding,
       CASE WHEN f.events = 0
            THEN 'Load some: `mmsql load file DB interactions FILE`, or make mmsql.interactions a view of yours.'
            ELSE '' END AS advice
FROM check_facts f;
