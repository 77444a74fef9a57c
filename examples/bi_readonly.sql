-- Queries of a BI tool: plain DuckDB, read-only, without Python. Open a trained or published file and run this.

-- Recommendations, similar items and reasons are table macros of the schema mmsql.
FROM mmsql.recommend('U0001', k := 5);
FROM mmsql.similar_items('P0001', k := 5);
FROM mmsql.explain('U0001', 'P0001');
FROM mmsql.popular_items(k := 5);
FROM mmsql.metrics();

-- Views, for tools that only see tables.
SELECT * FROM mmsql.top_recommendations WHERE rank <= 3 ORDER BY user_id, rank LIMIT 9;
SELECT * FROM mmsql.item_neighbors WHERE modality = 'behavior' ORDER BY weight DESC LIMIT 5;
SELECT * FROM mmsql.model_versions;

-- Price of the first recommendation of each user, by category.
SELECT t.category, count(*) AS users, round(sum(t.price), 2) AS price_of_first_picks
FROM mmsql.top_recommendations t
WHERE t.rank = 1
GROUP BY t.category
ORDER BY price_of_first_picks DESC NULLS LAST;
