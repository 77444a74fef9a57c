-- Whether the deployed model has a part.
-- DuckDB knows the result when it binds a query. So query(CASE … END) leaves out the steps that would read a missing part,
-- and they are not planned either.
--
-- Parameters
--   part             'user_vectors'; 'user_edges'; or 'deep_user_edges', for user attributes that are more than a column
--                    with one value
-- Returns
--   BOOLEAN
-- Example
--   SELECT mmsql._model_has('user_vectors');
CREATE MACRO mmsql._model_has(part) AS
list_contains(CAST(enum_range(CAST(NULL AS mmsql.serving_parts)) AS VARCHAR[]), part);
