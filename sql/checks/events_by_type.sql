-- The number of events of each type, with a note on events without a type, or if nearly all events have the same type.
SELECT 'interactions' AS source,
       CASE WHEN e.types > 1 AND (e.typeless > 0 OR e.largest > 0.95 * e.events) THEN 'note' ELSE 'ok' END AS level,
       concat(
           'Events: ', e.listed,
           CASE WHEN e.types > 10 THEN ', and ' || check_count(e.types - 10, 'further type') END, '.',
           CASE WHEN e.typeless > 0 AND e.types > 1 THEN concat(' ', check_count(e.typeless, 'event'), ' without an event type.') END
       ) AS finding,
       concat_ws(
           ' ',
           CASE WHEN e.typeless > 0 AND e.types > 1
                THEN 'Events without a type are a type of their own; event_weights := {'''': 1} sets its weight.' END,
           CASE WHEN e.types > 1 AND e.largest > 0.95 * e.events
                THEN 'Nearly all events are of one type. Give the rarer types a higher weight, or they hardly count.' END
       ) AS advice
FROM (
    SELECT count(*) AS types, max(t.events) AS largest, sum(t.events) AS events,
           coalesce(sum(t.events) FILTER (t.event = ''), 0) AS typeless,
           array_to_string(
               list(format('{} {:,}', CASE WHEN t.event = '' THEN '(none)' ELSE t.event END, t.events)
                    ORDER BY t.events DESC, t.event)[1:10],
               ', '
           ) AS listed
    FROM (
        SELECT coalesce(i.event, '') AS event, count(*) AS events
        FROM check_interactions i
        GROUP BY coalesce(i.event, '')
    ) t
) e
WHERE e.types > 0;
