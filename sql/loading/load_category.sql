-- A path of categories as 'A > B > C', from a JSON array of names, or of paths, whose first counts. The arrays of
-- Amazon 2018 go on with selling points and markup, which are left out.
--
-- Parameters
--   value    JSON
-- Returns
--   VARCHAR, or NULL without a category
CREATE OR REPLACE TEMP MACRO load_category(value) AS
    load_text(
        CASE json_type(value)
            WHEN 'ARRAY' THEN array_to_string(
                list_filter(
                    TRY_CAST(
                        CASE json_type(value, '$[0]') WHEN 'ARRAY' THEN value -> '$[0]' ELSE value END AS VARCHAR[]
                    ),
                    lambda part: load_text(part) IS NOT NULL AND NOT starts_with(part, '<')
                                 AND NOT regexp_matches(part, '[.!]\s*$')
                ),
                ' > '
            )
            ELSE value ->> '$'
        END
    );
