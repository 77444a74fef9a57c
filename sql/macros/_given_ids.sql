-- The ids that an option names: those of a list, or of a column of a table or view.
-- query_table takes the name for a name, whatever is in it, and needs one that exists: where a list is given,
-- interactions. What is neither a list nor a name is an error here, for every option alike.
--
-- Parameters
--   given        a list of ids, or the name of a table or view; no subquery and no column of another table
--   name         the column: 'item_id' or 'user_id'
-- Returns
--   id           VARCHAR
CREATE MACRO mmsql._given_ids(given, name) AS TABLE
SELECT unnest(CASE
    WHEN typeof(given) IN ('VARCHAR', '"NULL"') THEN NULL
    WHEN NOT ends_with(typeof(given), ']')
        THEN error(CASE name WHEN 'user_id' THEN 'users must be a list of user' ELSE 'candidates must be a list of item' END
                   || ' ids, or the name of a table or view with a column ' || name || '; ' || CAST(given AS VARCHAR)
                   || ' was given.')
    ELSE TRY_CAST(given AS VARCHAR[])
END) AS id
UNION ALL
SELECT CAST(COLUMNS([name]) AS VARCHAR)  -- its error names the column, where a plain one would look further out
FROM query_table(
    CASE WHEN typeof(given) = 'VARCHAR' AND trim(CAST(given AS VARCHAR)) = ''
             THEN error(CASE name WHEN 'user_id' THEN 'users' ELSE 'candidates' END
                        || ' must be a list of ids, or the name of a table or view with a column ' || name
                        || '; an empty text was given.')
         WHEN typeof(given) = 'VARCHAR' THEN coalesce(CAST(given AS VARCHAR), 'mmsql.interactions')
         ELSE 'mmsql.interactions' END
)
WHERE typeof(given) = 'VARCHAR' AND CAST(given AS VARCHAR) IS NOT NULL;
