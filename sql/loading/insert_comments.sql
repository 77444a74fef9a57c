-- Insert the comments that are not in the database.
INSERT INTO mmsql.comments BY NAME
SELECT d.*
FROM load_distinct d
ANTI JOIN mmsql.comments t
    ON t.item_id = d.item_id AND t.body = d.body AND t.user_id IS NOT DISTINCT FROM d.user_id
    AND t.ts IS NOT DISTINCT FROM d.ts
ORDER BY d.item_id, d.ts, d.user_id;
