-- Item vectors of a model, by modality: text (title, description and comments, in the space of the text encoder), image, and
-- fused (of the item tower, to be multiplied with a user vector).
CREATE TABLE IF NOT EXISTS mmsql.item_vectors (
    model VARCHAR,
    item_id VARCHAR,
    modality VARCHAR,
    vector FLOAT[]
);
