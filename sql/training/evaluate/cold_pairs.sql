-- The users with an event or a comment on the items of cold_items. Training sees none of these events.
--
-- A comment describes a new item and also shows who had it. To keep these apart, the comments of the earlier half of an
-- item's commenters stay visible, and these users are not evaluated for it. The comments of the others are hidden.
--
-- Parameters
--   $seed     BIGINT: draws the order of comments with the same timestamp
-- Columns
--   user_id, item_id
--   ts        TIMESTAMP, of the event
--   has_event   BOOLEAN, false for a comment without an event
--   is_visible  BOOLEAN, whether training sees the comment
CREATE OR REPLACE TEMP TABLE cold_pairs AS
WITH typed AS (
    SELECT i.user_id, i.item_id FROM mmsql.interactions i LIMIT 0
),
commenters AS (
    SELECT cast_to_type(k.user_id, t.user_id) AS user_id, c.item_id,
           row_number() OVER (
               PARTITION BY c.item_id
               ORDER BY min(k.ts) NULLS LAST,
                        hash(CAST(k.user_id AS VARCHAR) || '|' || CAST(c.item_id AS VARCHAR) || '|' || $seed)
           ) <= ceil(count(*) OVER (PARTITION BY c.item_id) / 2) AS is_visible
    FROM mmsql.comments k
    JOIN cold_items c ON c.item_id = k.item_id
    LEFT JOIN typed t ON true
    WHERE k.user_id IS NOT NULL AND trim(k.body) <> ''
    GROUP BY k.user_id, t.user_id, c.item_id
),
events AS (
    SELECT i.user_id, i.item_id, max(i.ts) AS ts
    FROM mmsql.interactions i
    SEMI JOIN cold_items c ON c.item_id = i.item_id
    WHERE i.user_id IS NOT NULL AND mmsql._counts(i.weight)
    GROUP BY i.user_id, i.item_id
)
SELECT e.user_id, e.item_id, e.ts, true AS has_event, coalesce(k.is_visible, false) AS is_visible
FROM events e
LEFT JOIN commenters k ON k.user_id = e.user_id AND k.item_id = e.item_id
UNION ALL
SELECT k.user_id, k.item_id, NULL AS ts, false AS has_event, k.is_visible
FROM commenters k
ANTI JOIN events e ON e.user_id = k.user_id AND e.item_id = k.item_id;
