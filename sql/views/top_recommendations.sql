-- The recommendations stored at training, with what a report shows beside them. For tools that only see tables.
CREATE VIEW mmsql.top_recommendations AS
SELECT r.user_id, r.rank, r.item_id, i.title, i.category, i.brand, i.price, r.score
FROM mmsql.recommendations r
LEFT JOIN (
    SELECT x.item_id, any_value(x.title) AS title, any_value(x.category) AS category,
           any_value(x.brand) AS brand, any_value(x.price) AS price
    FROM mmsql.items x
    GROUP BY x.item_id
) i ON i.item_id = r.item_id
WHERE r.model = (
    SELECT arg_max(d.model, d.deployment) FROM mmsql.deployments d WHERE d.rolled_back_at IS NULL
);
