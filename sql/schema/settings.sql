-- Settings of this file: the schema version, the encoder, and settings of the analyst.
CREATE TABLE IF NOT EXISTS mmsql.settings (
    key VARCHAR PRIMARY KEY,
    value VARCHAR
);
