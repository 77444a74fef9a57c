-- The ids of the option users or candidates: the entries of a list, or a column of a table or view.
-- Any other value is an error. query_table quotes any name. It always needs an existing table. So if a list is given,
-- the macro passes mmsql.interactions to query_table and keeps none of its rows.
--
-- Parameters
--   given        a list of ids, or the name of a table or view; no subquery, and no column of another table
--   name         the column: 'item_id' for candidates, 'user_id' for users
-- Returns
--   id           VARCHAR
-- Example
--   FROM mmsql._option_ids(['P0001', 'P0002'], 'item_id');
CREATE MACRO mmsql._option_ids(given, name) AS TABLE
SELECT unnest(CASE
    WHEN typeof(given) IN ('VARCHAR', '"NULL"') THEN NULL
    WHEN NOT ends_with(typeof(given), ']')
        THEN error(CASE name WHEN 'user_id' THEN 'users must be a list of user' ELSE 'candidates must be a list of item' END
                   || ' ids, or the name of a table or view with a column ' || name || '; ' || CAST(given AS VARCHAR)
                   || ' was given.')
    ELSE TRY_CAST(given AS VARCHAR[])
END) AS id
UNION ALL
SELECT CAST(COLUMNS([name]) AS VARCHAR)  -- If it is missing, the error names it; a plain name could be found elsewhere.
FROM query_table(
    CASE WHEN typeof(given) = 'VARCHAR' AND trim(CAST(given AS VARCHAR)) = ''
             THEN error(CASE name WHEN 'user_id' THEN 'users' ELSE 'candidates' END
                        || ' must be a list of ids, or the name of a table or view with a column ' || name
                        || '; an empty text was given.')
         WHEN typeof(given) = 'VARCHAR' THEN coalesce(CAST(given AS VARCHAR), 'mmsql.interactions')
         ELSE 'mmsql.interactions' END
)
WHERE typeof(given) = 'VARCHAR' AND CAST(given AS VARCHAR) IS NOT NULL;
