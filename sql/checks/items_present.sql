-- The number of listed items, and the share that has each field.
SELECT 'items' AS source, CASE WHEN m.items = 0 THEN 'note' ELSE 'ok' END AS level,
       CASE
           WHEN m.items = 0 THEN 'No items are listed.'
           ELSE concat(
               check_count(m.items, 'item'),
               ': title ', check_share(m.titles, m.items),
               ', description ', check_share(m.descriptions, m.items),
               ', category ', check_share(m.categories, m.items),
               ', brand ', check_share(m.brands, m.items),
               ', price ', check_share(m.prices, m.items),
               ', available ', check_share(m.flags, m.items), '.'
           )
       END AS finding,
       CASE WHEN m.items = 0
            THEN 'New items need titles and categories, price filters need prices: `mmsql load file DB items FILE`.'
            ELSE '' END AS advice
FROM (
    SELECT count(*) AS items, count(nullif(trim(i.title), '')) AS titles,
           count(nullif(trim(i.description), '')) AS descriptions, count(nullif(trim(i.category), '')) AS categories,
           count(nullif(trim(i.brand), '')) AS brands, count(i.price) AS prices, count(i.available) AS flags
    FROM check_items i
) m;
