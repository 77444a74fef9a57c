-- The number of events of each type, with a note where nearly all events have the same type.
SELECT 'interactions' AS source,
       CASE WHEN e.types > 1 AND e.largest > 0.95 * e.events THEN 'note' ELSE 'ok' END AS level,
       concat(
           'Events: ', e.listed,
           CASE WHEN e.types > 10 THEN ', and ' || check_count(e.types - 10, 'further type') END, '.'
       ) AS finding,
       CASE WHEN e.types > 1 AND e.largest > 0.95 * e.events
            THEN 'Nearly all events are of one type. Give the rarer types a higher weight, or they hardly count.'
            ELSE '' END AS advice
FROM (
    SELECT count(*) AS types, max(t.events) AS largest, sum(t.events) AS events,
           array_to_string(
               list(format('{} {:,}', t.event, t.events) ORDER BY t.events DESC, t.event)[1:10], ', '
           ) AS listed
    FROM (
        SELECT coalesce(i.event, '(none)') AS event, count(*) AS events
        FROM check_interactions i
        GROUP BY coalesce(i.event, '(none)')
    ) t
) e
WHERE e.types > 0;
