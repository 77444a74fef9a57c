-- Say which parts the model that is deployed has, in a type: DuckDB knows its values when it binds a query, which it
-- does not of those of a table. See macros/_serves.sql.
CREATE TYPE mmsql.serving_parts AS ENUM (
    SELECT p.part
    FROM (
        SELECT 'items' AS part
        UNION ALL
        SELECT 'user_vectors' WHERE EXISTS (
            FROM mmsql.user_vectors v JOIN mmsql.serving_model m ON m.model = v.model
        )
        UNION ALL
        SELECT 'user_edges' WHERE EXISTS (
            FROM mmsql.user_edges e JOIN mmsql.serving_model m ON m.model = e.model
        )
        UNION ALL
        SELECT 'deep_user_edges' WHERE EXISTS (
            FROM mmsql.user_edges e
            JOIN mmsql.serving_model m ON m.model = e.model
            JOIN mmsql.attribute_schema s
              ON s.model = e.model AND s.source = 'users' AND s.attribute = e.attribute
            WHERE s.nested OR s.separator <> '' OR s.kind NOT IN ('number', 'category', 'boolean')
        )
    ) p
);
