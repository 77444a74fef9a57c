-- The values of a row of a source, whatever columns it has, as they stand there: of a list each of its entries, of a
-- JSON, struct or map each of its fields, by the keys on the way to it. Numbers and flags are written as text.
--
-- Parameters
--   described    the row as JSON: to_json of the table's alias
-- Returns
--   attribute    VARCHAR: column, or column.field
--   value        VARCHAR, without what is around it; no row where it is empty
--   place        BIGINT, rising as the values stand in a column
-- Example
--   FROM mmsql._attribute_values('{"gender": "F", "likes": ["tea", "cake"], "more": {"pets": 2}}');
CREATE MACRO mmsql._attribute_values(described) AS TABLE
SELECT v.attribute, v.value, v.place
FROM (
    SELECT c.key || regexp_replace(substr(t.fullkey, 2), '\[[0-9]+\]|"', '', 'g') AS attribute,
           trim(t.atom ->> '$') AS value, CAST(t.id AS BIGINT) AS place
    FROM (
        SELECT e.key,
               CASE WHEN e.type = 'VARCHAR' AND regexp_matches(e.value ->> '$', '^\s*[\[{]') AND json_valid(e.value ->> '$')
                    THEN CAST(e.value ->> '$' AS JSON) ELSE e.value END AS document
        FROM json_each(CAST(described AS JSON)) e
    ) c,
    json_tree(c.document) t
    WHERE t.type NOT IN ('OBJECT', 'ARRAY', 'NULL')
) v
WHERE v.value <> '';
