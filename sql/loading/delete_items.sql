-- Remove the items whose changed rows are inserted next.
DELETE FROM mmsql.items AS t
WHERE t.item_id IN (SELECT c.item_id FROM load_changed c WHERE c.load_update);
