-- Pairs of texts that an encoder should place near each other: two of one item (title and description with a comment,
-- comment with comment), and texts of two items that stand near each other in a user's history. About as many of either.
-- is_held marks a tenth of the items' pairs, to measure by.
--
-- Parameters
--   $seed     BIGINT: draws
--   $pairs    BIGINT: how many of either kind, at most
--   $texts    INTEGER: how many texts of an item take part, at most
--   $window   INTEGER: how many positions apart two events may be
CREATE OR REPLACE TEMP TABLE text_pairs AS
WITH texts AS (
    SELECT d.item_index, d.content_hash,
           row_number() OVER drawn AS place,
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
    JOIN texts b ON b.item_index = a.item_index AND b.place > a.place AND (a.place = 1 OR b.place = a.place + 1)
    ORDER BY hash(a.item_index, a.content_hash || b.content_hash || $seed), a.item_index, a.place, b.place
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
    JOIN texts a ON a.item_index = n.anchor_item AND a.place = 1 + n.draw % a.texts
    JOIN texts b ON b.item_index = n.positive_item AND b.place = 1 + (n.draw // 1000) % b.texts
    WHERE a.content_hash <> b.content_hash
)
SELECT DISTINCT p.anchor_item, p.positive_item, p.anchor, p.positive, hash(p.anchor_item, $seed) % 10 = 0 AS is_held
FROM (FROM of_items UNION ALL FROM of_histories) p;
