-- Rows of the sources that could not be used, each with the reason: 1,000 of a reason, and the number of the others
-- as {"further_rows": n, "file": name}.
CREATE TABLE IF NOT EXISTS mmsql.rejects (
    source VARCHAR,
    reason VARCHAR,
    "row" JSON,
    ts TIMESTAMP
);
