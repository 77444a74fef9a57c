-- Create the type mmsql.serving_parts, whose values name the parts of the deployed model. DuckDB knows the values of a type
-- when it binds a query, but not those of a table. See macros/models/_model_has.sql.
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
