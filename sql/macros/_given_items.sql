-- The items that candidates names: those of a list, or of the column item_id of a table or view.
-- query_table takes the name for a name, whatever is in it, and needs one that exists: where a list is given, interactions.
--
-- Parameters
--   candidates   a list of item ids, or the name of a table or view; no subquery and no column of another table
-- Returns
--   item_id      VARCHAR
CREATE MACRO mmsql._given_items(candidates) AS TABLE
SELECT unnest(CASE WHEN typeof(candidates) <> 'VARCHAR' THEN TRY_CAST(candidates AS VARCHAR[]) END) AS item_id
UNION ALL
SELECT CAST(COLUMNS(['item_id']) AS VARCHAR)  -- its error names the column, where a plain item_id would look further out
FROM query_table(
    CASE WHEN typeof(candidates) = 'VARCHAR' THEN coalesce(CAST(candidates AS VARCHAR), 'mmsql.interactions')
         ELSE 'mmsql.interactions' END
)
WHERE typeof(candidates) = 'VARCHAR' AND CAST(candidates AS VARCHAR) IS NOT NULL;
