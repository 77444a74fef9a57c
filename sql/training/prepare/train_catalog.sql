-- All items that can be recommended: those with an event and those in items, numbered from 0 in order of their ids.
CREATE OR REPLACE TEMP TABLE train_catalog AS
SELECT CAST(row_number() OVER (ORDER BY d.item_id) - 1 AS INTEGER) AS item_index, d.item_id
FROM (
    SELECT i.item_id FROM mmsql.interactions i WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL
    UNION
    SELECT CAST_TO_TYPE(m.item_id, t.item_id)
    FROM mmsql.items m
    LEFT JOIN (SELECT x.item_id FROM mmsql.interactions x LIMIT 0) t ON true
    WHERE m.item_id IS NOT NULL
) d;
