-- The history of deployments. The last row without rolled_back_at is the deployed model.
CREATE TABLE IF NOT EXISTS mmsql.deployments (
    deployment BIGINT,
    model VARCHAR,
    deployed_at TIMESTAMP,
    rolled_back_at TIMESTAMP
);
