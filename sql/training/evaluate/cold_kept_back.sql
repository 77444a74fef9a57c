-- What users are evaluated for in the split cold_items: the items of cold_items they had, for those who had another
-- item too, but for those whose comment describes the item.
CREATE OR REPLACE TEMP TABLE kept_back AS
SELECT p.user_id, p.item_id, p.ts
FROM cold_pairs p
SEMI JOIN (
    SELECT i.user_id
    FROM mmsql.interactions i
    ANTI JOIN cold_items c ON c.item_id = i.item_id
    WHERE i.item_id IS NOT NULL
) past ON past.user_id = p.user_id
WHERE p.had AND NOT p.shown;
