-- What your shop showed to whom, and what came of it: one row an item shown. Yours to fill, or to replace by a view;
-- the source of ab_report and off_policy. variant is what ab_assign gave. propensity is the probability with which
-- whatever chose the item would show this item at this rank to this user; off_policy needs it. value is what a
-- conversion earned.
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
