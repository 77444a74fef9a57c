-- Queries on the demo shop. Make it with `mmsql demo`, then run
--     mmsql sql mmsql-demo.duckdb < quickstart.sql

-- The model versions in the file.
FROM models();

-- Ten items for user U0001, and the reasons for the first one.
FROM recommend('U0001');
FROM explain('U0001', (SELECT item_id FROM recommend('U0001', k := 1)));

-- Filters apply before the list is cut.
FROM recommend('U0001', k := 5, max_price := 50, per_category := 1);

-- An anonymous visitor: pass the items of the session.
FROM recommend_session(['P0001', 'P0002'], k := 5);

-- Items that go with an item; users who may want it.
FROM similar_items('P0001', k := 5);
FROM audience('P0001', k := 5);

-- Search by meaning; compute with vectors.
FROM search_items('a warm jacket for winter', k := 5);
SELECT c.item_id, round(list_cosine_similarity(embed_comment(c.body)::FLOAT[], embed_comment('too small')::FLOAT[]), 3) AS closeness
FROM comments c
ORDER BY closeness DESC
LIMIT 5;

-- Evaluate: hold out each user's last item, and rank the whole catalog.
CALL evaluate();
FROM metrics(k := 5);

-- A new event counts at once.
INSERT INTO interactions VALUES ('U0001', 'P0002', 'buy', NULL, now()::TIMESTAMP);
FROM recommend('U0001', k := 5);

-- Train again, and go back to the version before.
CALL train(algorithm := 'graph', decay := 0.9);
CALL rollback();
FROM models();
