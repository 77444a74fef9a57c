-- The items that a model can recommend. events is the number of training events of the item. bias is a small share of
-- popularity, which orders items without any term.
CREATE TABLE IF NOT EXISTS mmsql.catalog (
    model VARCHAR,
    item_id VARCHAR,
    events BIGINT,
    bias DOUBLE
);
