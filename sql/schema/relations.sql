-- What is known to belong together: accessory of, same series, also bought, the triples of a knowledge graph. A weight
-- of NULL is 1. Rows that say the same of the same two items count once, with the largest weight; different relations
-- of two items add up. Edges of graph go as given in full and the other way with half, the strongest 200 of an item.
-- Ids are compared as they are written. May be replaced by a view over your own tables.
CREATE TABLE IF NOT EXISTS mmsql.relations (
    item_id VARCHAR,
    related_id VARCHAR,
    relation VARCHAR,
    weight DOUBLE
);
