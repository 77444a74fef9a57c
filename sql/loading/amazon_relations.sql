-- The links of the products in load_lines to other products, one row a pair, with the fields of any year: 2014 related
-- with also_bought, also_viewed, bought_together and buy_after_viewing; 2018 also_buy and also_view; 2023
-- bought_together. Relations have the names of 2014. Where related is a list itself, the relation is named related. A
-- field that is not a list, or an entry that is not an id, gives a row with an error. A reject quotes the pair, not the
-- whole product.
CREATE OR REPLACE TEMP VIEW load_opened AS
SELECT o.item_id, o.related_id, o.relation,
       to_json({item_id: o.item_id, relation: o.relation, related_id: o.related}) AS load_line, o.load_error
FROM (
    SELECT e.item_id, e.relation, e.related, e.related ->> '$' AS related_id,
           CASE WHEN load_text(e.item_id) IS NULL THEN NULL
                WHEN NOT e.is_list THEN e.relation || ' is not a list'
                WHEN json_type(e.related) IN ('OBJECT', 'ARRAY', 'BOOLEAN') THEN 'related_id is not an id'
           END AS load_error
    FROM (
        SELECT f.item_id, f.entry.relation AS relation, json_type(f.entry.given) = 'ARRAY' AS is_list,
               unnest(CASE WHEN json_type(f.entry.given) = 'ARRAY'
                                AND (load_text(f.item_id) IS NOT NULL OR json_array_length(f.entry.given) = 0)
                               THEN TRY_CAST(f.entry.given AS JSON[])
                           ELSE [f.entry.given] END) AS related
        FROM (
            SELECT coalesce(load_text(j.part.parent_asin), j.part.asin) AS item_id,
                   unnest([
                       {relation: 'also_bought',
                        given: coalesce(j.part.also_buy, j.part.also_bought, j.part.related -> '$.also_bought')},
                       {relation: 'also_viewed',
                        given: coalesce(j.part.also_view, j.part.also_viewed, j.part.related -> '$.also_viewed')},
                       {relation: 'bought_together',
                        given: coalesce(j.part.bought_together, j.part.related -> '$.bought_together')},
                       {relation: 'buy_after_viewing',
                        given: coalesce(j.part.buy_after_viewing, j.part.related -> '$.buy_after_viewing')},
                       {relation: 'related',
                        given: CASE WHEN json_type(j.part.related) <> 'OBJECT' THEN j.part.related END}
                   ]) AS entry
            FROM (
                SELECT json_transform(
                           CASE WHEN l.load_error IS NULL THEN l.line END,
                           '{"asin": "VARCHAR", "parent_asin": "VARCHAR", "also_buy": "JSON", "also_bought": "JSON",
                             "also_view": "JSON", "also_viewed": "JSON", "bought_together": "JSON",
                             "buy_after_viewing": "JSON", "related": "JSON"}'
                       ) AS part
                FROM load_lines l
            ) j
        ) f
        WHERE json_type(f.entry.given) <> 'NULL'
          AND (json_type(f.entry.given) <> 'VARCHAR' OR load_text(f.entry.given ->> '$') IS NOT NULL)
    ) e
) o;
