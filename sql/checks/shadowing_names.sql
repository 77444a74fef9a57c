-- Objects of the schema main that have a short name of mmsql: a connection of mmsql.connect finds them first.
--
-- Parameters
--   $names   VARCHAR[]: the names of sources, views and macros
SELECT 'models' AS source, 'warning' AS level,
       format('main has {}: without a schema, {} that and not mmsql.{}.', string_agg(n.kind || ' ' || n.name, ', ' ORDER BY n.name),
              CASE WHEN count(*) = 1 THEN 'the name means' ELSE 'these names mean' END, min(n.name)) AS finding,
       format('Write the name with its schema, such as mmsql.{}, or rename yours.', min(n.name)) AS advice
FROM (
    SELECT 'table' AS kind, t.table_name AS name FROM duckdb_tables() t
    WHERE t.schema_name = 'main' AND NOT t.temporary AND t.database_name = current_database()
    UNION ALL
    SELECT 'view', v.view_name FROM duckdb_views() v
    WHERE v.schema_name = 'main' AND NOT v.internal AND NOT v.temporary AND v.database_name = current_database()
    UNION ALL
    SELECT DISTINCT 'macro', f.function_name FROM duckdb_functions() f
    WHERE f.schema_name = 'main' AND NOT f.internal AND f.function_type IN ('macro', 'table_macro')
      AND f.database_name = current_database()
) n
WHERE list_contains($names, n.name)
HAVING count(*) > 0;
