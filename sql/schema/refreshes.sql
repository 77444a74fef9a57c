-- The runs of refresh, one row each. status is refreshed (a new version with the same weights and options), retrained,
-- unchanged, refused, held or failed. trained is the model whose training chose weights and options. drift is the change of the number
-- of events since then, as a share of the current number. overlap is the share of the first ten items of a user's list
-- that were also in the list of the previous version, averaged. new_events, new_users and new_items are the numbers of
-- this version minus those of the previous version; negative if there are fewer.
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
