-- What an event of a type counts in a user's history, by model; types that are not listed count 1.
CREATE TABLE IF NOT EXISTS mmsql.event_weights (
    model VARCHAR,
    event VARCHAR,
    weight DOUBLE
);
