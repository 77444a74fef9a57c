-- The k items with the most events in training. mmsql.rules can change the order and can ban items.
--
-- Parameters
--   k                number of items, at least 1
--   category         only this category and those below it
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
WITH best AS MATERIALIZED (
    SELECT CAST(row_number() OVER ranking AS INTEGER) AS rank, c.item_id, c.events
    FROM mmsql._filtered_items(category, brand, min_price, max_price, only_available, false) c
    CROSS JOIN mmsql._deployed() d
    WHERE error(mmsql._length_error(k)) IS NULL
    WINDOW ranking AS (ORDER BY coalesce(c.priority, 0) DESC, mmsql._boosted_score(c.events, c.boost) DESC, c.item_id)
    QUALIFY row_number() OVER ranking <= coalesce(mmsql._positive_integer(k), 10)
    UNION ALL
    -- No row: this raises the error of a wrong filter even if no item passes.
    SELECT NULL, NULL, NULL
    WHERE error(mmsql._filter_error(min_price, max_price, only_available, NULL)) IS NOT NULL
)
SELECT b.rank, b.item_id, p.title, b.events AS score
FROM best b
LEFT JOIN (
    SELECT i.item_id, any_value(i.title) AS title
    FROM mmsql.items i
    JOIN best x ON x.item_id = i.item_id
    GROUP BY i.item_id
) p ON p.item_id = b.item_id
ORDER BY b.rank;
