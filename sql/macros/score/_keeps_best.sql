-- Whether a list is ranked from the best items of each visitor, and not from the scores of all items. Long lists and caps
-- need the scores of all items.
--
-- Parameters
--   k, per_category, per_brand, diversity    as in recommend
-- Returns
--   BOOLEAN
-- Example
--   SELECT mmsql._keeps_best(10, NULL, NULL, 0.3);
CREATE MACRO mmsql._keeps_best(k, per_category, per_brand, diversity) AS
per_category IS NULL AND per_brand IS NULL AND mmsql._pool_size(k, diversity) <= mmsql._max_heap_list();
