-- What fine-tuning has learned beside a text encoder, by the hash of its content: low-rank tensors in safetensors form.
-- recipe is the hash of texts, histories and options it comes from. adapter and weights are NULL where nothing was
-- found that is better than the encoder as it is.
CREATE TABLE IF NOT EXISTS mmsql.adapters (
    recipe VARCHAR PRIMARY KEY,
    adapter VARCHAR,
    encoder VARCHAR,
    weights BLOB,
    note VARCHAR,
    created_at TIMESTAMP
);
