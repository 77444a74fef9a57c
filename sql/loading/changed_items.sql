-- The items of a file that are new or differ from the database.
CREATE OR REPLACE TEMP TABLE load_changed AS
SELECT load_new.item_id, load_old.item_id IS NOT NULL AS load_update
FROM load_merged load_new
LEFT JOIN load_existing load_old ON load_old.item_id = load_new.item_id
WHERE load_old.item_id IS NULL OR load_new IS DISTINCT FROM load_old;
