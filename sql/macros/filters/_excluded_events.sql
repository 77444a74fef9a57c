-- The event types of the option exclude_events. It is an error if interactions has no event of a type.
--
-- Parameters
--   exclude_events   a list of event types; NULL for none
-- Returns
--   event            VARCHAR, an event type
-- Example
--   FROM mmsql._excluded_events(['buy']);
CREATE MACRO mmsql._excluded_events(exclude_events) AS TABLE
SELECT DISTINCT g.event
FROM (
    SELECT unnest(CASE
               WHEN exclude_events IS NOT NULL AND TRY_CAST(exclude_events AS VARCHAR[]) IS NULL
                   THEN error('exclude_events must be a list of events, ' || CAST(exclude_events AS VARCHAR)
                              || ' was given. Type exclude_events := [''buy''].')
               ELSE TRY_CAST(exclude_events AS VARCHAR[])
           END) AS event, list(DISTINCT CAST(i.event AS VARCHAR)) AS known
    FROM mmsql.interactions i
    WHERE exclude_events IS NOT NULL
) g
WHERE CASE
    WHEN NOT list_contains(coalesce(g.known, []), g.event) IS TRUE
        THEN error('Unknown event ' || coalesce(g.event, 'NULL') || ' in exclude_events. There are: '
                   || array_to_string(list_sort(g.known), ', ') || '.')
    ELSE true
END;
