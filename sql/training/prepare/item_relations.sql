-- The weights of relations between catalog items, from item to related item. Ids are compared as text. Equal rows count
-- once, with the largest weight. The weights of different relations between two items add up.
SELECT s.item_index, s.related_index, sum(s.weight) AS weight
FROM (
    SELECT a.item_index, b.item_index AS related_index, max(coalesce(CAST(r.weight AS DOUBLE), 1)) AS weight
    FROM mmsql.relations r
    JOIN train_catalog a ON CAST(a.item_id AS VARCHAR) = CAST(r.item_id AS VARCHAR)
    JOIN train_catalog b ON CAST(b.item_id AS VARCHAR) = CAST(r.related_id AS VARCHAR)
    WHERE a.item_index <> b.item_index AND coalesce(CAST(r.weight AS DOUBLE) > 0 AND CAST(r.weight AS DOUBLE) <= 1e12, true)
    GROUP BY a.item_index, b.item_index, coalesce(CAST(r.relation AS VARCHAR), '')
) s
GROUP BY s.item_index, s.related_index
ORDER BY s.item_index, s.related_index;
