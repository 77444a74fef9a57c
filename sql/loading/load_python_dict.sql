-- The JSON for a line with a Python dict, as in the product metadata of Amazon 2014.
--
-- Parameters
--   value    VARCHAR, such as {'asin': 'B01', 'title': "It's fine"}
-- Returns
--   VARCHAR, valid JSON for a dict of plain values
CREATE OR REPLACE TEMP MACRO load_python_dict(value) AS
    array_to_string(
        list_transform(
            regexp_extract_all(value, '''(?:[^''\\]|\\.)*''|"(?:[^"\\]|\\.)*"|[^''"]+'),
            lambda part: CASE
                WHEN part[1] IN ('''', '"') THEN
                    '"' || replace(regexp_replace(
                        replace(replace(replace(replace(
                            part[2:-2], '\\', chr(1)), '\''', ''''), '\"', '"'), '"', '\"'),
                        '\\x([0-9a-fA-F]{2})', '\\u00\1', 'g'), chr(1), '\\') || '"'
                ELSE regexp_replace(regexp_replace(regexp_replace(regexp_replace(
                    part, '\bTrue\b', 'true', 'g'), '\bFalse\b', 'false', 'g'), '\bNone\b', 'null', 'g'),
                    '\bu$', '')
            END
        ),
        ''
    );
