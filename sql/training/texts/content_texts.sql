-- The texts of catalog items, for pooling: comments that training may see, and title with description.
-- The weight of a comment halves with every $half_life days before the latest one. A comment without a timestamp has
-- the weight 0.5. The column weight of mmsql.comments, if it exists, multiplies it.
--
-- Parameters
--   $half_life    DOUBLE, days
--   reads train_catalog, holdout_pairs, cut_at and the view weighted_comments
CREATE OR REPLACE TEMP TABLE content_texts AS
WITH seen AS (
    SELECT c.item_index, k.body, TRY_CAST(k.ts AS TIMESTAMP) AS ts, k.weight
    FROM weighted_comments k
    JOIN train_catalog c ON c.item_id = k.item_id
    LEFT JOIN holdout_pairs h ON h.user_id = k.user_id AND h.item_id = k.item_id
    CROSS JOIN cut_at t
    WHERE h.item_id IS NULL AND (t.ts IS NULL OR k.ts < t.ts)
),
today AS (
    -- Comments in the future do not make the others older.
    SELECT max(s.ts) AS ts FROM seen s WHERE mmsql._is_past(s.ts)
),
texts AS (
    SELECT s.item_index, 'comment' AS modality, s.body,
           s.weight * CASE WHEN s.ts IS NULL THEN 0.5 WHEN s.ts >= d.ts THEN 1
                           ELSE coalesce(pow(0.5, date_diff('day', s.ts, d.ts) / $half_life), 0.5) END AS weight
    FROM seen s
    CROSS JOIN today d
    UNION ALL
    SELECT c.item_index, 'text' AS modality,
           concat_ws('. ', nullif(trim(i.title), ''), nullif(trim(i.description), '')) AS body, 1 AS weight
    FROM mmsql.items i
    JOIN train_catalog c ON c.item_id = i.item_id
)
SELECT t.item_index, t.modality, t.body, md5(t.body) AS content_hash, t.weight
FROM texts t
-- A text that begins with a visible ASCII character needs no trim, which would take half the time of this statement.
WHERE (t.body BETWEEN '!' AND '~' OR trim(t.body) <> '') AND t.weight > 0;
