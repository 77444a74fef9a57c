-- The items a model can recommend, with how often each was used in training and its bias, a small
-- share of popularity that orders the items nothing else speaks for.
CREATE TABLE IF NOT EXISTS mmsql.catalog (
    model VARCHAR,
    item_id VARCHAR,
    events BIGINT,
    bias DOUBLE
);
