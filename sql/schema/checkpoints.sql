-- What an interrupted training goes on from: a snapshot of one recipe on one state of the data, in safetensors form.
CREATE TABLE IF NOT EXISTS mmsql.checkpoints (
    recipe VARCHAR,
    stage VARCHAR,
    data BLOB,
    created_at TIMESTAMP
);
