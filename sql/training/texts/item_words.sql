-- The words of the titles, descriptions and comments of items, with tf-idf weights. Only words that several items share
-- count. A word is a run of at least three letters, of two syllables of Korean, or one character of Chinese or
-- Japanese.
--
-- Parameters
--   $letters        INTEGER: number of characters read of a text
--   $texts          BIGINT: number of texts read of an item, those with the largest weights
--   $least_items    BIGINT: smallest number of items with a word
--   reads content_texts
-- Returns
--   item_index      INTEGER
--   word_index      BIGINT, from 0, in alphabetical order
--   weight          DOUBLE, (1 + ln(times)) * ln((1 + items) / (1 + items that have the word)), above 0
-- Source
--   Salton & Buckley, Term-weighting approaches in automatic text retrieval, Information Processing & Management
--   24(5), 1988.
WITH texts AS (
    SELECT t.item_index, lower(left(t.body, $letters)) AS body
    FROM content_texts t
    QUALIFY row_number() OVER (PARTITION BY t.item_index ORDER BY t.modality DESC, t.weight DESC, t.content_hash) <= $texts
),
found AS (
    SELECT t.item_index, unnest(regexp_extract_all(
        t.body,
        '\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Hangul}{2,}'
        || '|[\p{Latin}\p{Cyrillic}\p{Greek}\p{Arabic}\p{Hebrew}\p{Thai}\p{Devanagari}]{3,}'
    )) AS word
    FROM texts t
),
counts AS (
    SELECT f.item_index, f.word, count(*) AS times
    FROM found f
    GROUP BY f.item_index, f.word
),
known AS (
    SELECT c.word, row_number() OVER (ORDER BY c.word) - 1 AS word_index,
           ln((1 + (SELECT count(DISTINCT t.item_index) FROM texts t)) / (1 + count(*))) AS rarity
    FROM counts c
    GROUP BY c.word
    HAVING count(*) >= $least_items
)
SELECT c.item_index, k.word_index, (1 + ln(c.times)) * k.rarity AS weight
FROM counts c
JOIN known k ON k.word = c.word
WHERE k.rarity > 0
ORDER BY c.item_index, k.word_index;
