-- Impressions: one row per item shown to a user, with the result. Your shop fills the table, or a view replaces it. ab_report
-- and off_policy read it. variant is the result of ab_assign. propensity is the probability that the system showed this item
-- at this rank to this user; off_policy needs it. value is the revenue of a conversion.
CREATE TABLE IF NOT EXISTS mmsql.impressions (
    experiment VARCHAR,
    variant VARCHAR,
    user_id VARCHAR,
    item_id VARCHAR,
    rank INTEGER,
    propensity DOUBLE,
    clicked BOOLEAN,
    converted BOOLEAN,
    value DOUBLE,
    ts TIMESTAMP
);
