-- Rows of the sources that could not be used, each with the reason.
CREATE TABLE IF NOT EXISTS mmsql.rejects (
    source VARCHAR,
    reason VARCHAR,
    "row" JSON,
    ts TIMESTAMP
);
