-- Whether the model that serves has such a part. It is known when a query is bound, so that what would read the part is
-- not even planned where there is none: query() names the parts of a query to be run, of which the others are not bound.
--
-- Parameters
--   part         'user_vectors', 'user_edges', or 'deep_user_edges': of attributes that are no column with one value
-- Returns
--   BOOLEAN
-- Example
--   SELECT mmsql._serves('user_vectors');
CREATE MACRO mmsql._serves(part) AS
list_contains(CAST(enum_range(CAST(NULL AS mmsql.serving_parts)) AS VARCHAR[]), part);
