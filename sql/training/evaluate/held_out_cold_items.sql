-- The events that the split cold_items evaluates: events on cold items of users with another item. A user whose comment
-- describes the item is not evaluated for it.
CREATE OR REPLACE TEMP TABLE held_out AS
SELECT p.user_id, p.item_id, p.ts
FROM cold_pairs p
SEMI JOIN (
    SELECT i.user_id
    FROM mmsql.interactions i
    ANTI JOIN cold_items c ON c.item_id = i.item_id
    WHERE i.item_id IS NOT NULL AND mmsql._counts(i.weight)
) past ON past.user_id = p.user_id
WHERE p.has_event AND NOT p.is_visible;
