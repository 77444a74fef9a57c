-- The products in load_lines, with the fields of any year: 2014 asin, categories (a list of paths), description; 2018
-- asin, category (one path), brand, feature, main_cat; 2023 parent_asin, categories, store, features, main_category,
-- details.
CREATE OR REPLACE TEMP VIEW load_opened AS
SELECT coalesce(load_text(p.part.parent_asin), p.part.asin) AS item_id,
       p.part.title,
       load_text(concat_ws(
           chr(10), load_joined_list(p.part.description, chr(10)),
           load_joined_list(coalesce(p.part.feature, p.part.features), chr(10))
       )) AS description,
       coalesce(load_category(p.part.category), load_category(p.part.categories), p.main_category) AS category,
       coalesce(
           load_text(p.part.brand), load_text(p.part.store), load_text(p.part.details ->> '$.Brand'),
           load_text(p.part.details ->> '$.Manufacturer')
       ) AS brand,
       p.part.price,
       p.main_category,
       p.load_error, p.load_line
FROM (
    SELECT j.part, j.load_error, j.load_line,
           load_text(coalesce(
               j.part.main_category,
               CASE WHEN starts_with(j.part.main_cat, '<') THEN regexp_extract(j.part.main_cat, 'alt="([^"]*)"', 1)
                    ELSE j.part.main_cat END
           )) AS main_category
    FROM (
        SELECT json_transform(
                   CASE WHEN l.load_error IS NULL THEN l.line END,
                   '{"asin": "VARCHAR", "parent_asin": "VARCHAR", "title": "VARCHAR", "description": "JSON",
                     "feature": "JSON", "features": "JSON", "category": "JSON", "categories": "JSON",
                     "main_cat": "VARCHAR", "main_category": "VARCHAR", "brand": "VARCHAR", "store": "VARCHAR",
                     "details": "JSON", "price": "VARCHAR"}'
               ) AS part,
               l.load_error, CAST(l.line AS JSON) AS load_line
        FROM load_lines l
    ) j
) p;
