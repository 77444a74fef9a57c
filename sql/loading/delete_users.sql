-- Remove the users whose changed rows are inserted next.
DELETE FROM mmsql.users AS t
WHERE t.user_id IN (SELECT c.user_id FROM load_changed c WHERE c.load_update);
