-- The name of the deployed model: that of the last deployment that was not rolled back.
--
-- Returns
--   VARCHAR, NULL if no model is deployed
-- Example
--   SELECT mmsql._deployed_model();
CREATE MACRO mmsql._deployed_model() AS (
    SELECT arg_max(d.model, d.deployment) FROM mmsql.deployments d WHERE d.rolled_back_at IS NULL
);
