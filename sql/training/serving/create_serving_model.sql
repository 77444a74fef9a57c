-- Replace mmsql.serving_model with the row of the deployed model. See schema/serving_model.sql for the columns.
--
-- Parameters
--   $model    VARCHAR, the deployed model; NULL for none
CREATE OR REPLACE TABLE mmsql.serving_model AS
SELECT m.model, m.algorithm, m.decay, m.history_length, m.edge_weight, m.vector_weight,
       coalesce((
           SELECT map(list(w.event ORDER BY w.event), list(w.weight ORDER BY w.event))
           FROM mmsql.event_weights w
           WHERE w.model = deployed.model
       ), MAP {}) AS event_weights,
       (SELECT i.user_id FROM mmsql.interactions i LIMIT 0) AS null_user_id,
       (SELECT i.item_id FROM mmsql.interactions i LIMIT 0) AS null_item_id
FROM (SELECT CAST($model AS VARCHAR) AS model) deployed
LEFT JOIN mmsql.models m ON m.model = deployed.model;
