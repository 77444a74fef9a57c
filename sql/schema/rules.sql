-- Business rules for all lists. The table is yours to fill, or to replace by a view; it is empty by default. A rule matches
-- the items that have all of item_id, category and brand that it names; a category includes those below it. ban: never
-- recommended. pin: above all other items that pass the filters, the largest factor first, then by score. boost: ordered as
-- if a positive score were multiplied by factor, and a negative one divided; factor is 2 by default. bury: the reverse;
-- without a factor, the item comes last. If rules contradict each other, ban wins over pin, pin over bury, bury over boost;
-- of rules of one kind, the largest factor wins. A rule is active from starts_at until before ends_at, by now() in the
-- session's time zone; NULL is open.
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
