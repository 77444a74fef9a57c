-- A headline and a text as one text. A headline that repeats the beginning of the text is left out.
--
-- Parameters
--   headline, body   VARCHAR
-- Returns
--   VARCHAR, or NULL when both are blank
CREATE OR REPLACE TEMP MACRO load_comment_text(headline, body) AS
    CASE
        WHEN load_text(headline) IS NULL THEN load_text(body)
        WHEN load_text(body) IS NULL THEN headline
        WHEN starts_with(lower(left(body, length(headline))), lower(trim(headline, ' .…'))) THEN body
        WHEN regexp_matches(headline, '[.!?…。！？]\s*$') THEN headline || ' ' || body
        ELSE headline || '. ' || body
    END;
