-- Set the ratings of comments in the database to those of the file.
UPDATE mmsql.comments AS t
SET rating = d.rating
FROM load_distinct d
WHERE t.item_id = d.item_id AND t.body = d.body AND t.user_id IS NOT DISTINCT FROM d.user_id
  AND t.ts IS NOT DISTINCT FROM d.ts AND d.rating IS NOT NULL AND t.rating IS DISTINCT FROM d.rating;
