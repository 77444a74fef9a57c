-- Store the attribute schema of a model, from new_rows, which has all columns of the table but model.
--
-- Parameters
--   $model    VARCHAR
INSERT INTO mmsql.attribute_schema
SELECT $model, n.source, n.place, n.attribute, n.column_name, n.kind, n.separator, n.bounds, n.different, n.filled,
       n.reason, n.step, n.nested
FROM new_rows n
ORDER BY n.source, n.place;
