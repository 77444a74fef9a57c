-- The attribute values of a row of any source. A list has one value per entry. A JSON, struct or map has one attribute
-- per field. Its name is the chain of keys that leads to the field. Numbers and flags become text.
--
-- Parameters
--   row_json     the row as JSON: to_json of the alias of its table
-- Returns
--   a list of structs in the order of the row: attribute, VARCHAR, column or column.field; value, VARCHAR, trimmed.
--   Empty values are left out
-- Example
--   SELECT mmsql._attribute_values('{"gender": "F", "likes": ["tea", "cake"], "more": {"pets": 2}}');
CREATE MACRO mmsql._attribute_values(row_json) AS
-- The parameters of the lambdas must not have the name of a column of any calling query.
list_filter(list_transform(
    list_reduce(
        -- First the columns, where a text that is JSON is parsed. Then their content, level by level, up to 50 levels:
        -- there are at most as many as opening brackets.
        list_resize(
            [list_transform(
                list_transform(
                    json_keys(CAST(row_json AS JSON)),
                    lambda node_name: struct_pack(
                        attribute := node_name, document := mmsql._json_field(row_json, node_name)
                    )
                ),
                lambda node_column: struct_pack(attribute := node_column.attribute, document := CASE
                    WHEN json_type(node_column.document) = 'VARCHAR'
                     AND regexp_matches(json_extract_string(node_column.document, '$'), '^\s*[\[{]')
                     AND json_valid(json_extract_string(node_column.document, '$'))
                        THEN CAST(json_extract_string(node_column.document, '$') AS JSON)
                    ELSE node_column.document END)
            )],
            1 + least(length(regexp_replace(CAST(row_json AS VARCHAR), '[^\[{]', '', 'g')), 50)
        ),
        lambda node_list, node_level: flatten(list_transform(node_list, lambda node: CASE json_type(node.document)
            WHEN 'OBJECT' THEN list_transform(json_keys(node.document), lambda node_key: struct_pack(
                attribute := node.attribute || '.' || replace(node_key, '"', ''),
                document := mmsql._json_field(node.document, node_key)
            ))
            WHEN 'ARRAY' THEN list_transform(
                range(CAST(json_array_length(node.document) AS BIGINT)),
                lambda node_position: struct_pack(
                    attribute := node.attribute, document := json_extract(node.document, node_position)
                )
            )
            ELSE [node] END))
    ),
    lambda node_leaf: struct_pack(
        attribute := node_leaf.attribute, value := trim(json_extract_string(node_leaf.document, '$'))
    )
), lambda node_value: node_value.value <> '');
