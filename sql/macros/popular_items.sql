-- The k items with the most events in training.
--
-- Parameters
--   k                how many items, at least 1
--   category         only this category, or what lies below it
--   brand            only this brand
--   min_price        only from this price on
--   max_price        only up to this price
--   only_available   leave out items that are not available
-- Returns
--   rank             INTEGER, from 1
--   item_id          the item
--   title            VARCHAR
--   score            BIGINT, the number of training events
-- Example
--   FROM mmsql.popular_items(k := 5);
CREATE MACRO mmsql.popular_items(
    k := 10, category := NULL, brand := NULL, min_price := NULL, max_price := NULL, only_available := true
) AS TABLE
SELECT CAST(row_number() OVER best AS INTEGER) AS rank, c.item_id, c.title, c.events AS score
FROM mmsql._catalog(category, brand, min_price, max_price, only_available, NULL) c
WHERE CASE
    WHEN k < 1 OR k <> floor(k)
        THEN error('k must be a whole number of at least 1, ' || CAST(k AS VARCHAR) || ' was given.')
    ELSE true
END
WINDOW best AS (ORDER BY c.events DESC, c.item_id)
QUALIFY row_number() OVER best <= coalesce(k, 10)
ORDER BY rank;
