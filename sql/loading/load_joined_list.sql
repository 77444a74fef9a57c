-- The texts of a JSON array as one text, or a JSON scalar as text. Blank elements are skipped.
--
-- Parameters
--   value      JSON
--   separator  VARCHAR, put between the elements
-- Returns
--   VARCHAR, or NULL without a text
CREATE OR REPLACE TEMP MACRO load_joined_list(value, separator) AS
    load_text(
        CASE json_type(value)
            WHEN 'ARRAY' THEN array_to_string(
                list_filter(TRY_CAST(value AS VARCHAR[]), lambda part: load_text(part) IS NOT NULL),
                separator
            )
            ELSE value ->> '$'
        END
    );
