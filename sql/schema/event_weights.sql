-- The weights of event types in a user's history, by model; other types have weight 1.
CREATE TABLE IF NOT EXISTS mmsql.event_weights (
    model VARCHAR,
    event VARCHAR,
    weight DOUBLE
);
