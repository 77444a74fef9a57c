-- The items of the deployed model, as answers read them: one row per item. The table is rebuilt when a model is
-- deployed. popularity_rank numbers the items from 1 by bias, the highest first. neighbors are the
-- popularity ranks of the items that the item's edges enter, weights the sums of these edges over all modalities; both are
-- NULL for an item without edges. vector is the fused one, NULL for a model without vectors. Ids are not compressed: a
-- query reads the ids of a few items one by one, and would decode the dictionary of a block for each.
CREATE TABLE IF NOT EXISTS mmsql.serving (
    item_id VARCHAR USING COMPRESSION uncompressed PRIMARY KEY,
    popularity_rank INTEGER,
    events BIGINT,
    bias DOUBLE,
    neighbors INTEGER[],
    weights DOUBLE[],
    vector FLOAT[]
);
