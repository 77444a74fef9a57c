-- The number of relations of each name, and the rows that cannot be used.
SELECT 'relations' AS source,
       CASE WHEN m.relations = 0 THEN 'note' WHEN m.unusable > 0.05 * m.relations THEN 'warning'
            WHEN m.unusable > 0 THEN 'note' ELSE 'ok' END AS level,
       CASE
           WHEN m.relations = 0 THEN 'There are no relations.'
           ELSE concat(
               check_count(m.relations, 'relation'), ' from ', check_count(m.items, 'item'), ' (',
               check_share(m.items, c.items), ' of all items): ', k.names,
               CASE WHEN m.unusable > 0 THEN '; ' || check_count(m.unusable, 'row') || ' cannot be used' END, '.'
           )
       END AS finding,
       CASE WHEN m.relations = 0 THEN 'Relations are optional. Without them, edges come from events and content.'
            WHEN m.unusable > 0 THEN 'Their items are unknown, NULL or the same, or their weight is not above 0. '
                                     || 'Training writes them to mmsql.rejects with the reason.'
            ELSE '' END AS advice
FROM (
    SELECT count(*) AS relations,
           count(DISTINCT r.item_id) FILTER (a.item_id IS NOT NULL AND b.item_id IS NOT NULL) AS items,
           count(*) FILTER (
               a.item_id IS NULL OR b.item_id IS NULL OR CAST(r.item_id AS VARCHAR) = CAST(r.related_id AS VARCHAR)
               OR coalesce(NOT (r.weight > 0 AND r.weight <= 1e12), false)
           ) AS unusable
    FROM check_relations r
    LEFT JOIN check_catalog a ON CAST(a.item_id AS VARCHAR) = CAST(r.item_id AS VARCHAR)
    LEFT JOIN check_catalog b ON CAST(b.item_id AS VARCHAR) = CAST(r.related_id AS VARCHAR)
) m
CROSS JOIN (SELECT count(*) AS items FROM check_catalog) c
CROSS JOIN (
    SELECT string_agg(format('{} {:,}', t.relation, t.n), ', ' ORDER BY t.n DESC, t.relation) AS names
    FROM (
        SELECT coalesce(nullif(trim(r.relation), ''), 'without a name') AS relation, count(*) AS n
        FROM check_relations r
        GROUP BY 1
        ORDER BY n DESC, relation
        LIMIT 8
    ) t
) k;
