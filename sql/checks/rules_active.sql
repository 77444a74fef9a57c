-- The active rules of mmsql.rules by kind, the rules of an unknown kind, and the rules that match no item.
-- mmsql.rules may be a view of the analyst.
WITH given AS (
    SELECT CAST(r.rule AS VARCHAR) AS rule, CAST(r.item_id AS VARCHAR) AS item_id, CAST(r.category AS VARCHAR) AS category,
           CAST(r.brand AS VARCHAR) AS brand,
           (r.starts_at IS NULL OR CAST(r.starts_at AS TIMESTAMP) <= CAST(now() AS TIMESTAMP))
               AND (r.ends_at IS NULL OR CAST(r.ends_at AS TIMESTAMP) > CAST(now() AS TIMESTAMP)) AS holds
    FROM mmsql.rules r
),
known AS (
    SELECT t.*, coalesce(t.rule IN ('ban', 'pin', 'boost', 'bury'), false) AS is_known
    FROM given t
),
unmatched AS (
    SELECT concat_ws(', ', 'item ' || k.item_id, 'category ' || k.category, 'brand ' || k.brand) AS named
    FROM known k
    WHERE k.holds AND k.is_known AND NOT EXISTS (
        SELECT 1
        FROM check_catalog c
        LEFT JOIN check_items i ON i.item_id = c.item_id
        WHERE (k.item_id IS NULL OR CAST(c.item_id AS VARCHAR) = k.item_id)
          AND (k.category IS NULL OR check_is_in_category(i.category, k.category))
          AND (k.brand IS NULL OR i.brand = k.brand)
    )
)
SELECT 'rules' AS source, 'ok' AS level,
       format('{} now, of {}: {}.',
              CASE WHEN count(*) = 1 THEN '1 rule is active' ELSE format('{:,} rules are active', count(*)) END,
              check_count(any_value(a.rules), 'row'), any_value(n.kinds)) AS finding,
       '' AS advice
FROM known k
CROSS JOIN (SELECT count(*) AS rules FROM given) a
CROSS JOIN (
    SELECT string_agg(format('{} {:,}', g.rule, g.n), ', ' ORDER BY g.n DESC, g.rule) AS kinds
    FROM (SELECT f.rule, count(*) AS n FROM known f WHERE f.holds AND f.is_known GROUP BY f.rule) g
) n
WHERE k.holds AND k.is_known
HAVING count(*) > 0
UNION ALL
SELECT 'rules', 'warning', format('{} of an unknown kind: {}.', check_count(count(*), 'rule'),
                                  string_agg(DISTINCT coalesce(u.rule, 'NULL'), ', ' ORDER BY coalesce(u.rule, 'NULL'))),
       'They change nothing. The kinds are ban, pin, boost and bury, in lower case.'
FROM known u
WHERE NOT u.is_known
HAVING count(*) > 0
UNION ALL
SELECT 'rules', 'note', format('{} without a matching item: {}.', check_count(count(*), 'rule'),
                               array_to_string(list_sort(list(DISTINCT d.named))[:5], '; ')),
       'They change nothing. Write a category as in items, from the root: Kitchen or Kitchen > Knives.'
FROM unmatched d
HAVING count(*) > 0;
