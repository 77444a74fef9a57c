-- The contributions to the scores of many pairs of a user and an item, in one query: for each pair, the rows of explain.
--
-- Parameters
--   pairs            the name of a table or view with the columns user_id and item_id, or a list of structs with these
--                    fields; for a query, create a view of it
-- Returns
--   user_id          the user, in the type of interactions; NULL for an id that cannot be of that type
--   item_id          the item. A repeated pair counts once; a pair whose item the model does not know has no row
--   modality         VARCHAR, as in explain
--   evidence_item    as in explain
--   evidence         VARCHAR, the reason in words
--   contribution     DOUBLE
--   sentence         VARCHAR, from the comments on the item, as in explain
-- Example
--   FROM mmsql.explain_each([{'user_id': 'U0001', 'item_id': 'P0001'}, {'user_id': 'U0002', 'item_id': 'P0002'}]);
CREATE MACRO mmsql.explain_each(pairs) AS TABLE
WITH given_pairs AS MATERIALIZED (
    SELECT CAST(p.user_id AS VARCHAR) AS user_id, CAST(p.item_id AS VARCHAR) AS item_id
    -- For a list, the query names a table that exists, because it must bind.
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
SELECT c.user_id, c.item_id, c.modality, c.evidence_item, c.evidence, c.contribution, c.sentence
FROM mmsql._contributions(
    (SELECT list(g) FROM given_pairs g), (SELECT coalesce(list(DISTINCT g.user_id), []) FROM given_pairs g)
) c
ORDER BY c.user_id, c.item_id, round(c.contribution, mmsql._score_decimals()) DESC, c.modality, c.evidence_item, c.evidence;
