-- The beginnings of a sample of texts, always the same for the same texts. The language is detected from them.
--
-- Parameters
--   $seed     VARCHAR
--   $texts    INTEGER: largest number of texts
--   $letters  INTEGER: number of characters of each
WITH texts AS (
    SELECT k.body FROM mmsql.comments k
    UNION ALL
    SELECT concat_ws('. ', nullif(trim(i.title), ''), nullif(trim(i.description), '')) AS body FROM mmsql.items i
)
SELECT left(t.body, $letters) AS body
FROM texts t
WHERE trim(t.body) <> ''
ORDER BY md5($seed || left(t.body, $letters)), body
LIMIT $texts;
