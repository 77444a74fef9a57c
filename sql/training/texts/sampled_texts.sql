-- Beginnings of some texts of the sources, the same ones for the same texts: what their language is told by.
--
-- Parameters
--   $seed     VARCHAR
--   $texts    INTEGER: how many at most
--   $letters  INTEGER: how much of each
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
