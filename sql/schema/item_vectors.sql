-- Item embeddings of a model, by modality: text (title, description and comments, in the encoder's space)
-- and fused (the item tower's, to be multiplied with a user vector).
CREATE TABLE IF NOT EXISTS mmsql.item_vectors (
    model VARCHAR,
    item_id VARCHAR,
    modality VARCHAR,
    vector FLOAT[]
);
