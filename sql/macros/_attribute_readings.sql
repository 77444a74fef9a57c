-- What the values of one attribute of a row stand for, as attribute_schema says: a path is itself and all that is
-- above it, a text with a separator the entries between, a date its year. Training and serving read users by this.
--
-- Parameters
--   kind         of mmsql.attribute_schema
--   separator    likewise
--   entries      a list of texts, as _attribute_values gives them, in their order
-- Example
--   SELECT mmsql._attribute_readings('hierarchy', '>', ['Europe > France']);
CREATE MACRO mmsql._attribute_readings(kind, separator, entries) AS
    CASE WHEN kind = 'hierarchy' THEN flatten(list_transform(
             CASE WHEN coalesce(separator, '') = '' THEN [entries]
                  ELSE list_transform(entries, lambda whole: list_filter(
                      list_transform(string_split(whole, separator), lambda part: trim(part)), lambda part: part <> ''
                  )) END,
             lambda parts: list_transform(
                 range(1, least(len(parts), 20) + 1), lambda depth: array_to_string(list_slice(parts, 1, depth), ' > ')
             )
         ))
         WHEN coalesce(separator, '') <> '' THEN flatten(list_transform(entries, lambda whole: list_filter(
             list_transform(string_split(whole, separator), lambda part: trim(part)), lambda part: part <> ''
         )))
         WHEN kind = 'date' THEN list_transform(
             entries, lambda moment: CAST(year(TRY_CAST(moment AS TIMESTAMP)) AS VARCHAR)
         )
         ELSE entries END;
