-- The items that users with earlier events took up from a timestamp on, in events that are not in the future. The split by
-- time holds them out.
--
-- Parameters
--   $cut     TIMESTAMP
CREATE OR REPLACE TEMP TABLE held_out AS
SELECT i.user_id, i.item_id, min(i.ts) AS ts
FROM mmsql.interactions i
SEMI JOIN (
    SELECT p.user_id FROM mmsql.interactions p WHERE p.ts < $cut AND p.item_id IS NOT NULL AND mmsql._counts(p.weight)
) past ON past.user_id = i.user_id
ANTI JOIN (
    SELECT s.user_id, s.item_id FROM mmsql.interactions s WHERE s.ts < $cut
) seen ON seen.user_id = i.user_id AND seen.item_id = i.item_id
WHERE i.ts >= $cut AND mmsql._is_past(i.ts) AND i.item_id IS NOT NULL AND mmsql._counts(i.weight)
GROUP BY i.user_id, i.item_id;
