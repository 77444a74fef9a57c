-- Whether a list has a filter on category, brand or price.
--
-- Parameters
--   category         as in _filter_outcomes
--   brand            as in _filter_outcomes
--   min_price        as in _filter_outcomes
--   max_price        as in _filter_outcomes
-- Returns
--   BOOLEAN
-- Example
--   SELECT mmsql._has_filter('Kitchen', NULL, NULL, 100);
CREATE MACRO mmsql._has_filter(category, brand, min_price, max_price) AS
category IS NOT NULL OR brand IS NOT NULL OR min_price IS NOT NULL OR max_price IS NOT NULL;
