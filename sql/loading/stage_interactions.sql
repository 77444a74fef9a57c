-- The events of a file with types and errors: load_reason is the reason why a row cannot be loaded, load_unreadable
-- names the fields without which it is loaded. An event needs a user, an item and, if a time is given, a readable
-- one: a wrong position in a history would teach a wrong order. It is loaded without a weight that cannot be read.
--
-- Parameters
--   $scale   DOUBLE: divisor of weights
CREATE OR REPLACE TEMP TABLE load_staged AS
SELECT j.user_id, j.item_id, j.event, j.weight, j.ts, j.load_reason, j.load_unreadable,
       CASE WHEN j.load_reason IS NOT NULL OR len(j.load_unreadable) > 0 THEN to_json(j.load_raw) END AS load_json
FROM (
    SELECT t.*,
           CASE
               WHEN t.load_error IS NOT NULL THEN t.load_error
               WHEN load_text(t.user_text) IS NULL THEN 'user_id is missing'
               WHEN t.user_id IS NULL THEN 'user_id does not fit the type of mmsql.interactions.user_id'
               WHEN load_text(t.item_text) IS NULL THEN 'item_id is missing'
               WHEN t.item_id IS NULL THEN 'item_id does not fit the type of mmsql.interactions.item_id'
               WHEN t.ts IS NULL AND load_non_null(t.ts_text) IS NOT NULL THEN 'ts is not a time that can be read'
           END AS load_reason,
           CASE WHEN t.weight IS NULL AND load_non_null(t.weight_text) IS NOT NULL THEN ['weight'] ELSE [] END
               AS load_unreadable
    FROM (
        SELECT s.load_raw, s.load_error, s.user_id AS user_text, s.item_id AS item_text, s.weight AS weight_text,
               s.ts AS ts_text, load_user_id(s.user_id) AS user_id, load_item_id(s.item_id) AS item_id,
               trim(load_text(s.event)) AS event, load_number(s.weight) / $scale AS weight, load_ts(s.ts) AS ts
        FROM load_source s
    ) t
) j;
