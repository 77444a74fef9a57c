-- The lists that training stored for a model, cut at k. It is an error if there are none.
--
-- Parameters
--   model          a model of mmsql.recommendations; NULL for the deployed one
--   k              length of the lists
-- Returns
--   model          VARCHAR
--   user_id        the user
--   rank           INTEGER
--   item_id        the item
-- Example
--   FROM mmsql._stored_lists(NULL, 10);
CREATE MACRO mmsql._stored_lists(model, k) AS TABLE
WITH chosen_model AS MATERIALIZED (
    SELECT coalesce(CAST(model AS VARCHAR), mmsql._deployed_model()) AS name, CASE
        WHEN coalesce(TRY_CAST(k AS BIGINT) < 1 OR TRY_CAST(k AS BIGINT) <> TRY_CAST(k AS DOUBLE), true)
            THEN error('k must be a whole number of at least 1, ' || coalesce(CAST(k AS VARCHAR), 'NULL')
                || ' was given. Type k := 10.')
        ELSE TRY_CAST(k AS BIGINT) END AS depth
)
SELECT r.model, r.user_id, r.rank, r.item_id
FROM mmsql.recommendations r
JOIN chosen_model n ON n.name = r.model AND n.depth >= r.rank
UNION ALL
SELECT NULL, NULL, NULL, NULL
FROM chosen_model n
WHERE CASE WHEN NOT EXISTS (SELECT 1 FROM mmsql.recommendations r WHERE r.model = n.name)
           THEN error(coalesce(n.name, 'No model') || ' has no lists in mmsql.recommendations. Run CALL train(), or name '
               || 'one of: ' || coalesce(
                   (SELECT string_agg(DISTINCT r.model, ', ' ORDER BY r.model) FROM mmsql.recommendations r), 'none') || '.')
           ELSE false END;
