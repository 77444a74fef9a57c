-- Train on tables that you already have: replace the sources by views. Run it on a new file:
--     mmsql init shop.duckdb && mmsql sql shop.duckdb < bring_your_own_tables.sql

CREATE SCHEMA sales;

CREATE TABLE sales.products AS
SELECT 100 + n AS sku, 'Tea no. ' || n AS name, CASE WHEN n % 3 = 0 THEN 'Green' ELSE 'Black' END AS leaf,
       4.5 + n AS price_eur, n <> 7 AS in_stock
FROM range(24) t(n);

CREATE TABLE sales.orders AS
SELECT customer, 100 + (customer * 5 + step * 3) % 24 AS sku, TIMESTAMP '2026-01-05' + to_days(customer % 90 + step * 7) AS ordered_at
FROM range(200) t(customer), range(5) s(step)
WHERE step <= customer % 5;

CREATE TABLE sales.reviews AS
SELECT o.sku, o.customer, CASE WHEN o.sku % 3 = 1 THEN '清香,回甘' ELSE 'Strong and malty, good with milk' END AS text, 5 AS stars, o.ordered_at + INTERVAL 3 DAY AS written_at
FROM sales.orders o
WHERE o.customer % 4 = 0;

-- A source is a table until you drop it; then a view takes its name. The view has all columns of the source; a column
-- that your data lacks is NULL. Ids keep their type: here they are numbers, and come back as numbers.
DROP TABLE mmsql.interactions;
CREATE VIEW mmsql.interactions AS
SELECT o.customer AS user_id, o.sku AS item_id, 'buy' AS event, NULL::DOUBLE AS weight, o.ordered_at AS ts
FROM sales.orders o;

DROP TABLE mmsql.items;
CREATE VIEW mmsql.items AS
SELECT p.sku AS item_id, p.name AS title, NULL::VARCHAR AS description, 'Tea > ' || p.leaf AS category,
       NULL::VARCHAR AS brand, p.price_eur::DOUBLE AS price, p.in_stock AS available
FROM sales.products p;

DROP TABLE mmsql.comments;
CREATE VIEW mmsql.comments AS
SELECT r.sku AS item_id, r.customer AS user_id, r.text AS body, r.stars::DOUBLE AS rating, r.written_at AS ts
FROM sales.reviews r;

CALL train(algorithm := 'graph');

FROM recommend(42, k := 5, max_price := 20);

-- Join the answer with your own tables: the first recommendation for each customer with a recent order.
SELECT o.customer, r.item_id, p.name, p.leaf, round(r.score, 3) AS score
FROM (SELECT DISTINCT customer FROM sales.orders WHERE ordered_at > TIMESTAMP '2026-04-20') o,
     LATERAL (FROM recommend(o.customer, k := 1)) r
JOIN sales.products p ON p.sku = r.item_id
ORDER BY ALL
LIMIT 10;

-- A new order counts at once, without training.
INSERT INTO sales.orders VALUES (42, 105, TIMESTAMP '2026-06-01');
FROM recommend(42, k := 5);
