-- Adapters that fine-tuning adds to a text encoder, by the hash of their content: low-rank tensors in safetensors form.
-- recipe is the hash of the texts, histories and options of the fine-tuning. adapter and weights are NULL if no adapter was
-- better than the encoder alone.
CREATE TABLE IF NOT EXISTS mmsql.adapters (
    recipe VARCHAR PRIMARY KEY,
    adapter VARCHAR,
    encoder VARCHAR,
    weights BLOB,
    note VARCHAR,
    created_at TIMESTAMP
);
