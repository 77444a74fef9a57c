-- The texts that describe catalog items, for pooling: comments that training may see, and title with description.
--
-- Parameters
--   none; reads train_catalog, holdout_pairs and cut_at
CREATE OR REPLACE TEMP TABLE content_texts AS
WITH texts AS (
    SELECT c.item_index, 'comment' AS modality, k.body
    FROM mmsql.comments k
    JOIN train_catalog c ON c.item_id = k.item_id
    LEFT JOIN holdout_pairs h ON h.user_id = k.user_id AND h.item_id = k.item_id
    CROSS JOIN cut_at t
    WHERE h.item_id IS NULL AND (t.ts IS NULL OR k.ts < t.ts)
    UNION ALL
    SELECT c.item_index, 'text' AS modality,
           concat_ws('. ', nullif(trim(i.title), ''), nullif(trim(i.description), '')) AS body
    FROM mmsql.items i
    JOIN train_catalog c ON c.item_id = i.item_id
)
SELECT t.item_index, t.modality, t.body, md5(t.body) AS content_hash
FROM texts t
WHERE trim(t.body) <> '';
