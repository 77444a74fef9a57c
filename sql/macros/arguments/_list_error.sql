-- The error message for the options that limit a list: its length, its caps and its diversity.
--
-- Parameters
--   k                length of the list. Like the other parameters, it may be of any type
--   per_category     most items of one category
--   per_brand        most items of one brand
--   diversity        from 0 to 1
-- Returns
--   VARCHAR, NULL for valid options
-- Example
--   SELECT mmsql._list_error(10, NULL, 3, 0.3);
CREATE MACRO mmsql._list_error(k, per_category, per_brand, diversity) AS
CASE
    WHEN mmsql._length_error(k) IS NOT NULL THEN mmsql._length_error(k)
    WHEN per_category IS NOT NULL AND mmsql._positive_integer(per_category) IS NULL
        THEN 'per_category must be at least 1, ' || CAST(per_category AS VARCHAR) || ' was given. Type per_category := 3.'
    WHEN per_brand IS NOT NULL AND mmsql._positive_integer(per_brand) IS NULL
        THEN 'per_brand must be at least 1, ' || CAST(per_brand AS VARCHAR) || ' was given. Type per_brand := 3.'
    WHEN diversity IS NOT NULL AND NOT coalesce(TRY_CAST(diversity AS DOUBLE) BETWEEN 0 AND 1, false)
        THEN 'diversity must be from 0, by score alone, to 1; ' || CAST(diversity AS VARCHAR)
            || ' was given. Type diversity := 0.3.'
END;
