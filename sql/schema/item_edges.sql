-- The item graph of a model: the weight of the edge from item_id to neighbor_id, by modality.
CREATE TABLE IF NOT EXISTS mmsql.item_edges (
    model VARCHAR,
    item_id VARCHAR,
    neighbor_id VARCHAR,
    modality VARCHAR,
    weight DOUBLE
);
