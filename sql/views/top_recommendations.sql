-- The recommendations stored at training, with the columns of a report. For tools that only read tables. Items that are not
-- available or that mmsql.rules bans are left out, and the following items move up.
CREATE VIEW mmsql.top_recommendations AS
SELECT r.user_id, CAST(row_number() OVER (PARTITION BY r.user_id ORDER BY r.rank) AS INTEGER) AS rank, r.item_id, i.title,
       i.category, i.brand, i.price, r.score
FROM mmsql.recommendations r
JOIN mmsql.serving_model m ON m.model = r.model
LEFT JOIN LATERAL (
    -- Correlated, so that DuckDB reads and groups the listed items only.
    SELECT any_value(x.title) AS title, any_value(x.category) AS category,
           any_value(x.brand) AS brand, any_value(x.price) AS price, bool_and(x.available) AS available
    FROM mmsql.items x
    WHERE x.item_id = r.item_id
) i ON true
WHERE coalesce(i.available, true)
  -- The condition of _rule_effects, with _is_in_category. A view cannot call a macro: in a file attached under another name, it is not found.
  AND NOT EXISTS (
    SELECT 1
    FROM mmsql.rules b
    WHERE b.rule = 'ban'
      AND (b.starts_at IS NULL OR CAST(b.starts_at AS TIMESTAMP) <= CAST(now() AS TIMESTAMP))
      AND (b.ends_at IS NULL OR CAST(b.ends_at AS TIMESTAMP) > CAST(now() AS TIMESTAMP))
      AND (b.item_id IS NULL OR CAST(b.item_id AS VARCHAR) = CAST(r.item_id AS VARCHAR))
      AND (b.category IS NULL OR i.category = CAST(b.category AS VARCHAR)
           OR (starts_with(i.category, CAST(b.category AS VARCHAR))
               AND regexp_matches(substring(i.category, length(CAST(b.category AS VARCHAR)) + 1), '^\s*([>»›→/|\\]|::)|^ [-–] |^\.[^[:punct:][:space:][:cntrl:]\d]')))
      AND (b.brand IS NULL OR i.brand = CAST(b.brand AS VARCHAR))
  );
