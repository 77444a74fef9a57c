-- Every item there is: with an event, or listed in items. That is what models can recommend.
CREATE OR REPLACE TEMP TABLE check_catalog AS
SELECT s.item_id FROM check_item_sizes s
UNION
SELECT m.item_id FROM check_items m WHERE m.item_id IS NOT NULL;
