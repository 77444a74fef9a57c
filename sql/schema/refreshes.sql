-- One row a refresh: what had changed, and what was done about it.
-- status is refreshed (a new version with the weights and options there were), retrained, unchanged or failed. trained is
-- the model whose training chose weights and options; drift is the share of today's events by which their number differs
-- from then. overlap is the mean share of the first ten items that a user's list has in common with the list before.
-- new_events, new_users and new_items are against the version before, below 0 where there are fewer.
CREATE TABLE IF NOT EXISTS mmsql.refreshes (
    refresh BIGINT,
    status VARCHAR,
    model VARCHAR,
    trained VARCHAR,
    new_events BIGINT,
    new_users BIGINT,
    new_items BIGINT,
    encoded BIGINT,
    drift DOUBLE,
    overlap DOUBLE,
    message VARCHAR,
    started_at TIMESTAMP,
    seconds DOUBLE
);
