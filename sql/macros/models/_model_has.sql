-- Whether the deployed model has a part.
-- DuckDB evaluates this macro when it binds a query. So query(CASE … END) can leave out steps that read a missing part;
-- DuckDB does not even plan them.
--
-- Parameters
--   part             'user_vectors'; 'user_edges', the edges from attribute values of users; or 'deep_user_edges', such
--                    edges of an attribute that is not one number, category or boolean per user: a field of a JSON,
--                    struct or map, a list, a path, a date, or a text with a separator
-- Returns
--   BOOLEAN
-- Example
--   SELECT mmsql._model_has('user_vectors');
CREATE MACRO mmsql._model_has(part) AS
list_contains(CAST(enum_range(CAST(NULL AS mmsql.serving_parts)) AS VARCHAR[]), part);
