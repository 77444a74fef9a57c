-- The attribute values of a row of a source, whatever columns it has: a list of attribute and value. A list counts
-- as each of its entries, the category 'A > B' also as 'A'. Training and serving read users by this one definition.
--
-- Parameters
--   described    the row as JSON: to_json of the table's alias
-- Example
--   SELECT mmsql._attribute_values('{"gender": "F", "likes": ["tea", "cake"]}');
CREATE MACRO mmsql._attribute_values(described) AS
    flatten(list_transform(
        map_entries(CAST(CAST(described AS JSON) AS MAP(VARCHAR, JSON))),
        lambda entry: list_transform(
            CASE WHEN json_type(entry.value) = 'ARRAY' THEN CAST(entry.value AS VARCHAR[])
                 WHEN entry.key = 'category' THEN list_transform(
                     string_split(trim(entry.value ->> '$'), ' > '),
                     lambda part, place: array_to_string(
                         list_slice(string_split(trim(entry.value ->> '$'), ' > '), 1, place), ' > '
                     )
                 )
                 ELSE [trim(entry.value ->> '$')] END,
            lambda each_value: {'attribute': entry.key, 'value': each_value}
        )
    ));
