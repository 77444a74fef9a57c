-- Ask the demo shop. Make it with `mmsql demo mmsql-demo.duckdb`, then run this in Python:
--     for relation in mmsql.connect("mmsql-demo.duckdb") …    or paste it, a statement at a time.

-- What has been trained?
FROM models();

-- The ten items user U0001 is most likely to want next, and why the first one.
FROM recommend('U0001');
FROM explain('U0001', (SELECT item_id FROM recommend('U0001', k := 1)));

-- Filters apply before the top k.
FROM recommend('U0001', k := 5, max_price := 50, per_category := 1);

-- A visitor nobody knows, from what was clicked in this session.
FROM recommend_session(['P0001', 'P0002'], k := 5);

-- What goes with an item; who would want it.
FROM similar_items('P0001', k := 5);
FROM audience('P0001', k := 5);

-- Search by meaning; compute with vectors.
FROM search_items('a warm jacket for winter', k := 5);
SELECT c.item_id, round(list_cosine_similarity(embed_comment(c.body)::FLOAT[], embed_comment('too small')::FLOAT[]), 3) AS closeness
FROM comments c
ORDER BY closeness DESC
LIMIT 5;

-- How good is it? Each user's last item is kept back, the whole catalog is ranked.
CALL evaluate();
FROM metrics(k := 5);

-- Something happened: it counts at once.
INSERT INTO interactions VALUES ('U0001', 'P0002', 'buy', NULL, now()::TIMESTAMP);
FROM recommend('U0001', k := 5);

-- Train again, compare, and go back.
CALL train(algorithm := 'graph', decay := 0.9);
CALL rollback();
FROM models();
