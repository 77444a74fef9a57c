-- Pairs of texts that an encoder should place near each other: two texts of one item (title and description with a
-- comment, comment with comment), and texts of two items that are near each other in a user's history. About half of
-- the pairs are of either kind. is_held_out marks a tenth of the items, whose pairs measure the encoder.
--
-- Parameters
--   $seed     BIGINT: draws the texts and pairs
--   $pairs    BIGINT: largest number of pairs of either kind
--   $texts    INTEGER: largest number of texts of an item
--   $window   INTEGER: largest distance of two events, in positions
CREATE OR REPLACE TEMP TABLE text_pairs AS
WITH texts AS (
    SELECT d.item_index, d.content_hash,
           row_number() OVER drawn AS position,
           least(count(*) OVER (PARTITION BY d.item_index), $texts) AS texts
    FROM (
        SELECT t.item_index, t.content_hash, min(t.modality = 'comment') AS is_comment
        FROM content_texts t
        GROUP BY t.item_index, t.content_hash
    ) d
    WINDOW drawn AS (PARTITION BY d.item_index ORDER BY d.is_comment, hash(d.content_hash || $seed), d.content_hash)
    QUALIFY row_number() OVER drawn <= $texts
),
of_items AS (
    SELECT a.item_index AS anchor_item, b.item_index AS positive_item, a.content_hash AS anchor,
           b.content_hash AS positive
    FROM texts a
    JOIN texts b ON b.item_index = a.item_index AND b.position > a.position
     AND (a.position = 1 OR b.position = a.position + 1)
    ORDER BY hash(a.item_index, a.content_hash || b.content_hash || $seed), a.item_index, a.position, b.position
    LIMIT $pairs
),
near AS (
    SELECT e.item_index AS anchor_item, f.item_index AS positive_item,
           hash(e.user_index, e.item_index, f.item_index, $seed) AS draw, e.user_index
    FROM train_events e
    JOIN train_events f ON f.user_index = e.user_index AND f.position > e.position AND f.position <= e.position + $window
    ORDER BY draw, e.user_index, anchor_item, positive_item
    LIMIT $pairs
),
of_histories AS (
    SELECT n.anchor_item, n.positive_item, a.content_hash AS anchor, b.content_hash AS positive
    FROM near n
    JOIN texts a ON a.item_index = n.anchor_item AND a.position = 1 + n.draw % a.texts
    JOIN texts b ON b.item_index = n.positive_item AND b.position = 1 + (n.draw // 1000) % b.texts
    WHERE a.content_hash <> b.content_hash
)
SELECT DISTINCT p.anchor_item, p.positive_item, p.anchor, p.positive, hash(p.anchor_item, $seed) % 10 = 0 AS is_held_out
FROM (FROM of_items UNION ALL FROM of_histories) p;
