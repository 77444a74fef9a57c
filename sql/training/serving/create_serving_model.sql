-- Keep of the model that is deployed what serving reads of it. See schema/serving_model.sql for the columns.
CREATE OR REPLACE TABLE mmsql.serving_model AS
SELECT m.model, m.algorithm, m.decay, m.history_length, m.edge_weight, m.vector_weight,
       coalesce((
           SELECT map(list(w.event ORDER BY w.event), list(w.weight ORDER BY w.event))
           FROM mmsql.event_weights w
           WHERE w.model = latest.model
       ), MAP {}) AS event_weights,
       (SELECT i.user_id FROM mmsql.interactions i LIMIT 0) AS no_user,
       (SELECT i.item_id FROM mmsql.interactions i LIMIT 0) AS no_item
FROM (
    SELECT arg_max(d.model, d.deployment) AS model
    FROM mmsql.deployments d
    WHERE d.rolled_back_at IS NULL
) latest
LEFT JOIN mmsql.models m ON m.model = latest.model;
