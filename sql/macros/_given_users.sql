-- The users that a parameter names: those of a list, or of the column user_id of a table or view; see _given_items.
--
-- Parameters
--   users        a list of user ids, or the name of a table or view; no subquery and no column of another table
-- Returns
--   user_id      VARCHAR
CREATE MACRO mmsql._given_users(users) AS TABLE
SELECT unnest(CASE WHEN typeof(users) <> 'VARCHAR' THEN TRY_CAST(users AS VARCHAR[]) END) AS user_id
UNION ALL
SELECT CAST(COLUMNS(['user_id']) AS VARCHAR)  -- its error names the column, where a plain user_id would look further out
FROM query_table(
    CASE WHEN typeof(users) = 'VARCHAR' THEN coalesce(CAST(users AS VARCHAR), 'mmsql.interactions')
         ELSE 'mmsql.interactions' END
)
WHERE typeof(users) = 'VARCHAR' AND CAST(users AS VARCHAR) IS NOT NULL;
