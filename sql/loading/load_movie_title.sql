-- The title of a film without the year at its end.
--
-- Parameters
--   value    VARCHAR, such as Toy Story (1995)
-- Returns
--   VARCHAR
CREATE OR REPLACE TEMP MACRO load_movie_title(value) AS
    coalesce(load_text(regexp_replace(value, '\s*\([0-9]{4}\)\s*$', '')), value);
