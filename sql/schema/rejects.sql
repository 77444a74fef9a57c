-- Rows that could not be used, each with the reason, so that nothing is dropped in silence.
CREATE TABLE IF NOT EXISTS mmsql.rejects (
    source VARCHAR,
    reason VARCHAR,
    "row" JSON,
    ts TIMESTAMP
);
