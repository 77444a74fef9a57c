-- The events of a file, typed and judged: load_reason says why a row cannot be loaded, load_unread names
-- the fields without which it can. An event needs its user, its item and, where one is given, a readable
-- time: at a wrong place in a user's history it would teach a wrong order. An unreadable weight is left out.
--
-- Parameters
--   $scale   DOUBLE: what weights are divided by
CREATE OR REPLACE TEMP TABLE load_staged AS
SELECT j.user_id, j.item_id, j.event, j.weight, j.ts, j.load_reason, j.load_unread,
       CASE WHEN j.load_reason IS NOT NULL OR len(j.load_unread) > 0 THEN to_json(j.load_raw) END AS load_json
FROM (
    SELECT t.*,
           CASE
               WHEN t.load_bad IS NOT NULL THEN t.load_bad
               WHEN load_text(t.user_text) IS NULL THEN 'user_id is missing'
               WHEN t.user_id IS NULL THEN 'user_id does not fit the type of mmsql.interactions.user_id'
               WHEN load_text(t.item_text) IS NULL THEN 'item_id is missing'
               WHEN t.item_id IS NULL THEN 'item_id does not fit the type of mmsql.interactions.item_id'
               WHEN t.ts IS NULL AND load_given(t.ts_text) IS NOT NULL THEN 'ts is not a time that can be read'
           END AS load_reason,
           CASE WHEN t.weight IS NULL AND load_given(t.weight_text) IS NOT NULL THEN ['weight'] ELSE [] END
               AS load_unread
    FROM (
        SELECT s.load_raw, s.load_bad, s.user_id AS user_text, s.item_id AS item_text, s.weight AS weight_text,
               s.ts AS ts_text, load_user_id(s.user_id) AS user_id, load_item_id(s.item_id) AS item_id,
               trim(load_text(s.event)) AS event, load_number(s.weight) / $scale AS weight, load_ts(s.ts) AS ts
        FROM load_source s
    ) t
) j;
