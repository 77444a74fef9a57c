-- The items that the split cold_items holds out with all their events, drawn by hash among the items with events.
--
-- Parameters
--   $seed     BIGINT: draws the items
--   $share    DOUBLE: share of the items with events; at least one item is drawn
CREATE OR REPLACE TEMP TABLE cold_items AS
SELECT d.item_id, CAST(row_number() OVER drawn AS INTEGER) AS position
FROM (
    SELECT i.item_id, hash(CAST(i.item_id AS VARCHAR) || '|' || $seed) AS draw
    FROM mmsql.interactions i
    WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL AND mmsql._counts(i.weight)
    GROUP BY i.item_id
) d
WINDOW drawn AS (ORDER BY d.draw, d.item_id)
QUALIFY row_number() OVER drawn <= greatest(1, round($share * count(*) OVER ()));
