-- The items of the serving model that pass the filters and are not banned. Filters are NULL where they do not matter.
-- Without a filter it reads of mmsql.items no more than what is not available.
--
-- Parameters
--   category         a category, or the upper part of one: 'Kitchen' finds 'Kitchen > Knives'
--   brand            a brand
--   min_price        lowest price; items without a price do not pass
--   max_price        highest price; items without a price do not pass
--   only_available   leave out what items.available says is not to be had
--   described        whether category and brand of items without a filter are wanted too
-- Returns
--   item_id          an item
--   place            INTEGER, by bias, the highest first
--   events           BIGINT, in training
--   bias             DOUBLE
--   category, brand  VARCHAR, where a filter or described asks for them
--   lead, lift, label    what rules say of it, as _ruled has it; NULL where none does
CREATE MACRO mmsql._catalog(category, brand, min_price, max_price, only_available, described) AS TABLE
SELECT c.item_id, c.place, c.events, c.bias, p.category, p.brand, g.lead, g.lift, g.label
FROM mmsql.serving c
LEFT JOIN (
    SELECT i.item_id, any_value(CAST(i.category AS VARCHAR)) AS category, any_value(CAST(i.brand AS VARCHAR)) AS brand,
           any_value(TRY_CAST(i.price AS DOUBLE)) FILTER (TRY_CAST(i.price AS DOUBLE) < 'nan') AS price,
           bool_and(i.available) AS available
    FROM mmsql.items i
    WHERE described OR category IS NOT NULL OR brand IS NOT NULL OR min_price IS NOT NULL OR max_price IS NOT NULL
        OR (coalesce(TRY_CAST(only_available AS BOOLEAN), false) AND NOT i.available)
    GROUP BY i.item_id
) p ON p.item_id = c.item_id
LEFT JOIN mmsql._ruled() g ON g.item_id = CAST(c.item_id AS VARCHAR)
WHERE NOT coalesce(g.banned, false)
  AND (category IS NULL OR p.category = CAST(category AS VARCHAR) OR starts_with(p.category, CAST(category AS VARCHAR) || ' > '))
  AND (brand IS NULL OR p.brand = CAST(brand AS VARCHAR))
  AND (min_price IS NULL OR p.price >= TRY_CAST(min_price AS DOUBLE))
  AND (max_price IS NULL OR p.price <= TRY_CAST(max_price AS DOUBLE))
  AND (NOT coalesce(TRY_CAST(only_available AS BOOLEAN), false) OR coalesce(p.available, true));
