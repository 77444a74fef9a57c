-- Add the staged events that are not there yet. Two rows that agree in everything are one event.
-- They are put in order of user and time, so that the same events make the same table, and a user's are found without
-- reading all: row groups tell which ids they hold.
INSERT INTO mmsql.interactions BY NAME
SELECT d.*
FROM (
    SELECT DISTINCT s.user_id, s.item_id, s.event, s.weight, s.ts
    FROM load_staged s
    WHERE s.load_reason IS NULL
) d
ANTI JOIN mmsql.interactions t
    ON t.user_id = d.user_id AND t.item_id = d.item_id AND t.event IS NOT DISTINCT FROM d.event
    AND t.weight IS NOT DISTINCT FROM d.weight AND t.ts IS NOT DISTINCT FROM d.ts
ORDER BY d.user_id, d.ts, d.item_id, d.event, d.weight;
