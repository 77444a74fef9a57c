-- The boolean for a text: true, yes, in stock, 有货, or a number above 0, such as a count of stock.
--
-- Parameters
--   value    VARCHAR
-- Returns
--   BOOLEAN, or NULL for any other text
CREATE OR REPLACE TEMP MACRO load_flag(value) AS
    CASE
        WHEN lower(trim(value)) IN ('true', 't', 'yes', 'y', 'on', 'available', 'in stock', 'instock', 'in_stock',
                                    '是', '有', '有货', '在售') THEN true
        WHEN lower(trim(value)) IN ('false', 'f', 'no', 'n', 'off', 'unavailable', 'out of stock', 'outofstock',
                                    'out_of_stock', 'sold out', 'discontinued', '否', '无', '无货', '缺货',
                                    '下架')
            THEN false
        ELSE TRY_CAST(value AS DOUBLE) > 0
    END;
