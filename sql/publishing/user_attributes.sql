-- The columns of users that a model reads as attributes.
--
-- Parameters
--   $model    VARCHAR
--   $ignored  VARCHAR: the kind of attributes that are not read
SELECT DISTINCT a.column_name
FROM mmsql.attribute_schema a
WHERE a.model = $model AND a.source = 'users' AND a.kind <> $ignored;
