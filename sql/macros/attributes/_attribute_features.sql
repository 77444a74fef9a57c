-- The features of an attribute of one row. The features of a path are the path itself and every path above it, up to 20
-- levels. The features of a text with a separator are the entries between the separators. The feature of a date is its
-- year. Any other value is its own feature. Training and queries both read the attributes of users with this macro.
--
-- Parameters
--   kind         as in mmsql.attribute_schema
--   separator    as in mmsql.attribute_schema
--   entries      a list of texts in their order, as in _attribute_values
-- Returns
--   VARCHAR[]
-- Example
--   SELECT mmsql._attribute_features('hierarchy', '>', ['Europe > France']);
CREATE MACRO mmsql._attribute_features(kind, separator, entries) AS
    CASE WHEN kind = 'hierarchy' THEN flatten(list_transform(
             CASE WHEN coalesce(separator, '') = '' THEN [entries]
                  ELSE list_transform(entries, lambda path: list_filter(
                      list_transform(string_split(path, separator), lambda part: trim(part)), lambda part: part <> ''
                  )) END,
             lambda parts: list_transform(
                 range(1, least(len(parts), 20) + 1), lambda depth: array_to_string(list_slice(parts, 1, depth), ' > ')
             )
         ))
         WHEN coalesce(separator, '') <> '' THEN flatten(list_transform(entries, lambda text: list_filter(
             list_transform(string_split(text, separator), lambda part: trim(part)), lambda part: part <> ''
         )))
         WHEN kind = 'date' THEN list_transform(
             entries, lambda date: CAST(year(TRY_CAST(date AS TIMESTAMP)) AS VARCHAR)
         )
         ELSE entries END;
