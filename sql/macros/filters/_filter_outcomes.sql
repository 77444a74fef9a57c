-- Rows of mmsql.items with the outcome of the filters: the one place where the filters of lists are applied.
-- With a filter on category, brand or price: the result has a row for every item of mmsql.items. An item that is not in
-- mmsql.items has no row, and fails.
-- Without such a filter: the result has a row only for items that are not available. An item without a row passes.
--
-- Parameters
--   category         a category, or the upper part of one: 'Kitchen' matches 'Kitchen > Knives'; NULL for no filter
--   brand            a brand; NULL for no filter
--   min_price        lowest price; an item without a price fails; NULL for no filter
--   max_price        highest price; an item without a price fails; NULL for no filter
--   only_available   whether items that are not available fail
--   all_rows         whether every item of mmsql.items has a row even if there is no filter
-- Returns
--   item_id          an item of mmsql.items, in its type there
--   category         VARCHAR
--   brand            VARCHAR
--   passes           BOOLEAN
CREATE MACRO mmsql._filter_outcomes(category, brand, min_price, max_price, only_available, all_rows) AS TABLE
SELECT p.item_id, p.category, p.brand,
       coalesce(
           (category IS NULL OR mmsql._is_in_category(p.category, CAST(category AS VARCHAR)))
           AND (brand IS NULL OR p.brand = CAST(brand AS VARCHAR))
           AND (min_price IS NULL OR p.price >= TRY_CAST(min_price AS DOUBLE))
           AND (max_price IS NULL OR p.price <= TRY_CAST(max_price AS DOUBLE))
           AND (NOT coalesce(TRY_CAST(only_available AS BOOLEAN), false) OR coalesce(p.available, true)),
           false
       ) AS passes
FROM (
    SELECT i.item_id, any_value(CAST(i.category AS VARCHAR)) AS category, any_value(CAST(i.brand AS VARCHAR)) AS brand,
           any_value(TRY_CAST(i.price AS DOUBLE)) FILTER (TRY_CAST(i.price AS DOUBLE) < 'nan') AS price,
           bool_and(i.available) AS available
    FROM mmsql.items i
    WHERE all_rows OR mmsql._has_filter(category, brand, min_price, max_price)
        OR (coalesce(TRY_CAST(only_available AS BOOLEAN), false) AND NOT i.available)
    GROUP BY i.item_id
) p;
