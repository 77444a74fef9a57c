-- The year at the end of a film's title, as in Toy Story (1995).
--
-- Parameters
--   value    VARCHAR
-- Returns
--   BIGINT, or NULL for other titles
CREATE OR REPLACE TEMP MACRO load_movie_year(value) AS
    TRY_CAST(regexp_extract(value, '\(([0-9]{4})\)\s*$', 1) AS BIGINT);
