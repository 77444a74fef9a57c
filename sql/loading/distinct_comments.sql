-- The staged comments, one row a comment (item, user, text, time). Of different ratings the highest counts.
CREATE OR REPLACE TEMP TABLE load_distinct AS
SELECT s.item_id, s.user_id, s.body, s.ts, max(s.rating) AS rating
FROM load_staged s
WHERE s.load_reason IS NULL
GROUP BY s.item_id, s.user_id, s.body, s.ts;
