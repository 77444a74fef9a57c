-- The model versions in the file, without their weights. For tools that only read tables.
CREATE VIEW mmsql.model_versions AS
SELECT m.model, m.algorithm, m.status, m.users, m.items, m.events, m.created_at, m.finished_at, m.error
FROM mmsql.models m;
