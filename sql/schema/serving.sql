-- What one user's answer reads, of the model that serves; made anew when a model is deployed, with an index on item_id.
-- place numbers the items by bias, the highest first, from 1; neighbors are the places that the edges of an item lead
-- to, weights the sums of the edges to each over all modalities. Both are NULL for an item without edges,
-- vector, the fused one, where the model has none. Ids are not compressed: of a few items they are read one by one, and each
-- would have the dictionary of its block decoded.
CREATE TABLE IF NOT EXISTS mmsql.serving (
    item_id VARCHAR USING COMPRESSION uncompressed,
    place INTEGER,
    events BIGINT,
    bias DOUBLE,
    neighbors INTEGER[],
    weights DOUBLE[],
    vector FLOAT[]
);
