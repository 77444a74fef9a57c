-- The items of the serving model that pass the filters. Filters are NULL where they do not matter.
--
-- Parameters
--   category         a category, or the upper part of one: 'Kitchen' finds 'Kitchen > Knives'
--   brand            a brand
--   min_price        lowest price; items without a price do not pass
--   max_price        highest price; items without a price do not pass
--   only_available   leave out what items.available says is not to be had
--   candidates       a list of item ids
CREATE MACRO mmsql._catalog(category, brand, min_price, max_price, only_available, candidates) AS TABLE
SELECT c.item_id, c.bias, c.events, p.title, p.category
FROM mmsql._deployed() d
JOIN mmsql.catalog c ON c.model = d.model
LEFT JOIN (
    SELECT i.item_id, any_value(i.title) AS title, any_value(i.category) AS category,
           any_value(i.brand) AS brand, any_value(i.price) AS price, bool_and(i.available) AS available
    FROM mmsql.items i
    GROUP BY i.item_id
) p ON p.item_id = c.item_id
WHERE (category IS NULL OR p.category = category OR starts_with(p.category, category || ' > '))
  AND (brand IS NULL OR p.brand = brand)
  AND (min_price IS NULL OR p.price >= min_price)
  AND (max_price IS NULL OR p.price <= max_price)
  AND (NOT coalesce(only_available, false) OR coalesce(p.available, true))
  AND (candidates IS NULL OR list_contains(CAST(candidates AS VARCHAR[]), CAST(c.item_id AS VARCHAR)));
