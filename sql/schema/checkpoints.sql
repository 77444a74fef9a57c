-- Checkpoints from which an interrupted training continues: one snapshot per recipe and state of the data, in safetensors
-- form.
CREATE TABLE IF NOT EXISTS mmsql.checkpoints (
    recipe VARCHAR,
    stage VARCHAR,
    data BLOB,
    created_at TIMESTAMP
);
