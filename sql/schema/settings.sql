-- Settings of this file: the schema version, the encoder, and what the analyst sets.
CREATE TABLE IF NOT EXISTS mmsql.settings (
    key VARCHAR PRIMARY KEY,
    value VARCHAR
);
