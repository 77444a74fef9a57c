-- The k items with the most events in training, in the order that mmsql.rules gives them.
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
WITH best AS MATERIALIZED (
    SELECT CAST(row_number() OVER ranking AS INTEGER) AS rank, c.item_id, c.events
    FROM mmsql._catalog(category, brand, min_price, max_price, only_available, false) c
    CROSS JOIN mmsql._deployed() d
    WHERE error(mmsql._wrong_length(k)) IS NULL
    WINDOW ranking AS (ORDER BY coalesce(c.lead, 0) DESC, mmsql._lifted(c.events, c.lift) DESC, c.item_id)
    QUALIFY row_number() OVER ranking <= coalesce(mmsql._whole(k), 10)
    UNION ALL
    -- No row: wrong filters are told where they leave nothing too.
    SELECT NULL, NULL, NULL
    WHERE error(mmsql._wrong_filter(min_price, max_price, only_available, NULL)) IS NOT NULL
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
