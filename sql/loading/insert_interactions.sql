-- Insert the staged events that are not in the database. Two rows that agree in all columns are one event. Rows are
-- ordered by user and time, so that equal events give an equal table, and one user's events are in few row groups.
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
