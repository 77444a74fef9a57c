-- The reviews with a text, as comments. Errors of the other reviews are reported with the events.
CREATE OR REPLACE TEMP VIEW load_opened AS
SELECT r.item_id, r.user_id, r.body, r.rating, r.ts, r.load_line, r.load_error
FROM load_reviews r
WHERE r.load_error IS NULL AND r.body IS NOT NULL
  AND load_user_id(r.user_id) IS NOT NULL AND load_item_id(r.item_id) IS NOT NULL;
