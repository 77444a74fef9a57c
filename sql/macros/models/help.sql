-- The macros and functions by task. Functions that need Python are listed on a connection of mmsql.connect().
--
-- Parameters
--   word             only entries with this word in task, name or purpose; NULL for all
-- Returns
--   task             VARCHAR
--   name             VARCHAR
--   usage            VARCHAR, the name with its parameters; all but the first few are optional, and named
--   purpose          VARCHAR
--   example          VARCHAR, a query to start with
-- Example
--   FROM mmsql.help('recommend');
CREATE MACRO mmsql.help(word := NULL) AS TABLE
WITH tasks AS (
    SELECT t.task_order, t.task, unnest(t.names) AS name, generate_subscripts(t.names, 1) AS name_order
    FROM (VALUES
        (1, 'recommend', ['recommend', 'recommend_each', 'recommend_session', 'quota_recommendations', 'popular_items']),
        (2, 'find items', ['similar_items', 'search_items']),
        (3, 'give reasons', ['explain', 'explain_each', 'what_if', 'aspects', 'comment_summary']),
        (4, 'run a campaign', ['audience', 'winback', 'onboarding', 'cross_sell', 'expected_demand']),
        (5, 'train and deploy', ['train', 'refresh', 'tune', 'deploy', 'rollback', 'models', 'training_log', 'forget']),
        (6, 'measure', ['evaluate', 'metrics', 'metric_intervals', 'compare_models', 'user_metrics', 'user_hits',
                        'item_exposure']),
        (7, 'measure one list', ['precision', 'recall', 'f1', 'hit_rate', 'ndcg', 'average_precision', 'reciprocal_rank',
                                 'catalog_coverage', 'novelty', 'intra_list_diversity', 'gini', 'serendipity',
                                 'average_popularity', 'calibration']),
        (8, 'experiment', ['ab_assign', 'ab_report', 'off_policy', 'normal_cdf', 'normal_quantile']),
        (9, 'watch', ['exposure', 'popularity_bias', 'drift']),
        (10, 'use vectors', ['embed_comment', 'embed_behavior', 'embed_image', 'fused_score']),
        (11, 'find your way', ['help'])
    ) t(task_order, task, names)
),
python_functions AS (
    -- DuckDB stores no comment for a Python function.
    SELECT u.name, u.usage, u.purpose, u.example
    FROM (VALUES
        ('embed_comment', 'embed_comment(text)', 'The vector of a text, by the file''s encoder: FLOAT[].',
         'SELECT embed_comment(''fits well'');'),
        ('embed_image', 'embed_image(blob)', 'The vector of a picture, by the file''s image encoder: FLOAT[].',
         'SELECT embed_image(i.image) FROM images i LIMIT 1;'),
        ('fused_score', 'fused_score(user_vector, item_vector)', 'The inner product of two vectors of the same model.',
         'SELECT fused_score([0.6, 0.8], [1.0, 0.0]);')
    ) u(name, usage, purpose, example)
),
functions AS (
    SELECT f.function_name AS name, any_value(f.parameters) AS parameters, any_value(f."comment") AS description
    FROM duckdb_functions() f
    WHERE f.schema_name = 'mmsql' AND f.database_name = current_database()
       OR f.database_name = 'temp'
       OR f.function_name IN ('embed_comment', 'embed_image', 'fused_score')
    GROUP BY f.function_name
),
described AS (
    SELECT t.task_order, t.name_order, t.task, t.name,
           coalesce(u.usage, t.name || '(' || coalesce(array_to_string(f.parameters, ', '), '') || ')') AS usage,
           coalesce(u.purpose, trim(regexp_extract(split_part(f.description, chr(10), 1), '^(.*?[.:])(?: |$)', 1), ': ')) AS purpose,
           coalesce(u.example, split_part(f.description, 'Example:' || chr(10), 2)) AS example
    FROM tasks t
    JOIN functions f ON f.name = t.name
    LEFT JOIN python_functions u ON u.name = t.name
)
SELECT f.task, f.name, f.usage, f.purpose, f.example
FROM described f
WHERE word IS NULL OR contains(lower(concat_ws(' ', f.task, f.name, f.purpose)), lower(CAST(word AS VARCHAR)))
ORDER BY f.task_order, f.name_order;
