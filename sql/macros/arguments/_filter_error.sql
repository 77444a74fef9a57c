-- The error message for the filters of a list.
--
-- Parameters
--   min_price        lowest price
--   max_price        highest price
--   only_available   whether to leave out items that are not available
--   exclude_seen     whether to leave out the items of the history
-- Returns
--   VARCHAR, NULL for valid filters
-- Example
--   SELECT mmsql._filter_error(20, 10, true, true);
CREATE MACRO mmsql._filter_error(min_price, max_price, only_available, exclude_seen) AS
CASE
    WHEN min_price IS NOT NULL AND (TRY_CAST(min_price AS DOUBLE) < 'nan') IS NOT TRUE
        THEN 'min_price must be a number, ' || CAST(min_price AS VARCHAR) || ' was given. Type min_price := 10.'
    WHEN max_price IS NOT NULL AND (TRY_CAST(max_price AS DOUBLE) < 'nan') IS NOT TRUE
        THEN 'max_price must be a number, ' || CAST(max_price AS VARCHAR) || ' was given. Type max_price := 20.'
    WHEN TRY_CAST(min_price AS DOUBLE) > TRY_CAST(max_price AS DOUBLE)
        THEN 'min_price is above max_price: no item can qualify. ' || CAST(min_price AS VARCHAR) || ' and '
            || CAST(max_price AS VARCHAR) || ' were given.'
    WHEN only_available IS NOT NULL AND TRY_CAST(only_available AS BOOLEAN) IS NULL
        THEN 'only_available must be true or false, ' || CAST(only_available AS VARCHAR) || ' was given.'
    WHEN exclude_seen IS NOT NULL AND TRY_CAST(exclude_seen AS BOOLEAN) IS NULL
        THEN 'exclude_seen must be true or false, ' || CAST(exclude_seen AS VARCHAR) || ' was given.'
END;
