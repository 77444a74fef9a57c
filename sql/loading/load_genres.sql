-- The genres in a text, as a list; empty for "(no genres listed)" of MovieLens.
--
-- Parameters
--   value      VARCHAR, such as Comedy|Drama
--   separator  VARCHAR, between the genres
-- Returns
--   VARCHAR[], or NULL for a blank text
CREATE OR REPLACE TEMP MACRO load_genres(value, separator) AS
    list_filter(
        string_split(load_text(value), separator),
        lambda genre: load_text(genre) IS NOT NULL AND genre <> '(no genres listed)'
    );
