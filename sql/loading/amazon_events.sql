-- The reviews as events.
CREATE OR REPLACE TEMP VIEW load_opened AS
SELECT r.user_id, r.item_id, 'rate' AS event, r.rating AS weight, r.ts, r.load_line, r.load_error
FROM load_reviews r;
