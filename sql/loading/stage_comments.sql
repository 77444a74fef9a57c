-- The comments of a file with types and errors. A comment needs an item and a text. It is loaded without a rating or
-- time that cannot be read.
CREATE OR REPLACE TEMP TABLE load_staged AS
SELECT j.item_id, j.user_id, j.body, j.rating, j.ts, j.load_reason, j.load_unreadable,
       CASE WHEN j.load_reason IS NOT NULL OR len(j.load_unreadable) > 0 THEN to_json(j.load_raw) END AS load_json
FROM (
    SELECT t.*,
           CASE
               WHEN t.load_error IS NOT NULL THEN t.load_error
               WHEN load_text(t.item_text) IS NULL THEN 'item_id is missing'
               WHEN t.item_id IS NULL THEN 'item_id does not fit the type of mmsql.comments.item_id'
               WHEN t.user_id IS NULL AND load_text(t.user_text) IS NOT NULL
                   THEN 'user_id does not fit the type of mmsql.comments.user_id'
               WHEN t.body IS NULL THEN 'body is blank'
           END AS load_reason,
           list_filter(
               [
                   CASE WHEN t.rating IS NULL AND load_non_null(t.rating_text) IS NOT NULL THEN 'rating' END,
                   CASE WHEN t.ts IS NULL AND load_non_null(t.ts_text) IS NOT NULL THEN 'ts' END
               ],
               lambda field: field IS NOT NULL
           ) AS load_unreadable
    FROM (
        SELECT s.load_raw, s.load_error, s.item_id AS item_text, s.user_id AS user_text, s.rating AS rating_text,
               s.ts AS ts_text, load_item_id(s.item_id) AS item_id, load_user_id(s.user_id) AS user_id,
               load_text(s.body) AS body, load_number(s.rating) AS rating, load_ts(s.ts) AS ts
        FROM load_source s
    ) t
) j;
