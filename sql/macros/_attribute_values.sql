-- The values of a row of a source, whatever columns it has, as they stand there: of a list each of its entries, of a
-- JSON, struct or map each of its fields, by the keys on the way to it. Numbers and flags are written as text.
--
-- Parameters
--   described    the row as JSON: to_json of the table's alias
-- Returns
--   a list of structs, in the order in which they stand there: attribute, VARCHAR, column or column.field; value, VARCHAR,
--   without what is around it. What is empty is left out.
-- Example
--   SELECT mmsql._attribute_values('{"gender": "F", "likes": ["tea", "cake"], "more": {"pets": 2}}');
CREATE MACRO mmsql._attribute_values(described) AS
-- What lambdas call their parameters must be no column's name wherever this macro stands.
list_filter(list_transform(
    list_reduce(
        -- First the columns, a text that is JSON read as such; then, level by level, what is in them. There are no more
        -- levels than opening brackets.
        list_resize(
            [list_transform(
                list_transform(
                    json_keys(CAST(described AS JSON)),
                    lambda node_name: struct_pack(
                        attribute := node_name, document := mmsql._json_field(described, node_name)
                    )
                ),
                lambda node_column: struct_pack(attribute := node_column.attribute, document := CASE
                    WHEN json_type(node_column.document) = 'VARCHAR'
                     AND regexp_matches(json_extract_string(node_column.document, '$'), '^\s*[\[{]')
                     AND json_valid(json_extract_string(node_column.document, '$'))
                        THEN CAST(json_extract_string(node_column.document, '$') AS JSON)
                    ELSE node_column.document END)
            )],
            1 + least(length(regexp_replace(CAST(described AS VARCHAR), '[^\[{]', '', 'g')), 50)
        ),
        lambda node_list, node_level: flatten(list_transform(node_list, lambda node: CASE json_type(node.document)
            WHEN 'OBJECT' THEN list_transform(json_keys(node.document), lambda node_key: struct_pack(
                attribute := node.attribute || '.' || replace(node_key, '"', ''),
                document := mmsql._json_field(node.document, node_key)
            ))
            WHEN 'ARRAY' THEN list_transform(
                range(CAST(json_array_length(node.document) AS BIGINT)),
                lambda node_place: struct_pack(
                    attribute := node.attribute, document := json_extract(node.document, node_place)
                )
            )
            ELSE [node] END))
    ),
    lambda node_leaf: struct_pack(
        attribute := node_leaf.attribute, value := trim(json_extract_string(node_leaf.document, '$'))
    )
), lambda node_value: node_value.value <> '');
