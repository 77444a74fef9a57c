-- All items: those with an event and those listed in items. Models recommend from these.
CREATE OR REPLACE TEMP TABLE check_catalog AS
SELECT s.item_id FROM check_item_sizes s
UNION
SELECT m.item_id FROM check_items m WHERE m.item_id IS NOT NULL;
