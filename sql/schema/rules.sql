-- What the shop wants shown or not, whatever the model says: yours to fill, or to replace by a view; empty unless you do. A rule
-- is for the items that match all of item_id, category and brand that it names; a category also means what lies below it.
-- ban: never shown. pin: on top of what passes the filters, the largest factor first, then by score. boost, bury: ordered as if
-- the score were factor times as high or as low; boost counts 2 without a factor, bury without one puts last. A negative score
-- is divided where a positive one is multiplied, 0 stays 0. Of rules that contradict each other, ban wins over pin, pin over
-- bury, bury over boost; of those of one kind the largest factor counts. A rule holds from starts_at on and until before
-- ends_at, by now() in the session's time zone; NULL is open.
CREATE TABLE IF NOT EXISTS mmsql.rules (
    rule VARCHAR NOT NULL CHECK (rule IN ('ban', 'pin', 'boost', 'bury')),
    item_id VARCHAR,
    category VARCHAR,
    brand VARCHAR,
    factor DOUBLE,
    starts_at TIMESTAMP,
    ends_at TIMESTAMP,
    note VARCHAR,
    CHECK (item_id IS NOT NULL OR category IS NOT NULL OR brand IS NOT NULL),
    CHECK (factor >= CASE WHEN rule IN ('boost', 'bury') THEN 1 ELSE 0 END),
    CHECK (starts_at < ends_at)
);
