-- Why items have their scores for users: for each pair what explain says of it, in one query. Contributions of a pair add
-- up to the score.
--
-- Parameters
--   pairs            the name of a table or view with the columns user_id and item_id, or a list of structs of these; for
--                    a query, make a view of it
-- Returns
--   user_id          the user, in the type of interactions; NULL for an id that cannot be one
--   item_id          the item. A pair is there once, and not at all where the model does not know the item
--   modality         VARCHAR, as in explain
--   evidence_item    the item of the user's history that speaks, NULL for the other parts
--   evidence         VARCHAR, the reason in words
--   contribution     DOUBLE
--   sentence         VARCHAR, out of the comments on the item, as in explain
-- Example
--   FROM mmsql.explain_each([{'user_id': 'U0001', 'item_id': 'P0001'}, {'user_id': 'U0002', 'item_id': 'P0002'}]);
CREATE MACRO mmsql.explain_each(pairs) AS TABLE
WITH given AS MATERIALIZED (
    SELECT CAST(p.user_id AS VARCHAR) AS user_id, CAST(p.item_id AS VARCHAR) AS item_id
    -- A name that is there stands in for that of a list, so that the query can be bound.
    FROM query_table(CASE WHEN typeof(pairs) = 'VARCHAR' THEN CASE WHEN trim(CAST(pairs AS VARCHAR)) = ''
             THEN error('pairs must be the name of a table or view with user_id and item_id, an empty text was given.')
             ELSE coalesce(CAST(pairs AS VARCHAR), 'mmsql.interactions') END
         ELSE 'mmsql.interactions' END) p
    WHERE typeof(pairs) = 'VARCHAR' AND CAST(pairs AS VARCHAR) IS NOT NULL
    UNION ALL
    SELECT unnest(from_json(
        CASE WHEN typeof(pairs) = 'VARCHAR' THEN '[]'
             WHEN CAST(to_json(pairs) AS VARCHAR) = '[]' THEN '[]'
             WHEN regexp_matches(typeof(pairs), '^STRUCT\(.*\)\[\]$') AND regexp_matches(typeof(pairs), '\buser_id\b')
                 AND regexp_matches(typeof(pairs), '\bitem_id\b') THEN to_json(pairs)
             ELSE error('pairs must be the name of a table or view with user_id and item_id, or a list of structs of these: '
                 || '[{''user_id'': ''U0001'', ''item_id'': ''P0001''}].') END,
        '[{"user_id": "VARCHAR", "item_id": "VARCHAR"}]'
    ), recursive := true)
)
SELECT r.user_id, r.item_id, r.modality, r.evidence_item, r.evidence, r.contribution, r.sentence
FROM mmsql._reasons(
    (SELECT list(g) FROM given g), (SELECT coalesce(list(DISTINCT g.user_id), []) FROM given g)
) r
ORDER BY r.user_id, r.item_id, round(r.contribution, 12) DESC, r.modality, r.evidence_item, r.evidence;
