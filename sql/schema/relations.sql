-- Known relations between items: accessory of, same series, also bought, the triples of a knowledge graph. A weight of NULL
-- is 1. Equal rows count once, with the largest weight; different relations between two items add up. An edge of graph has the
-- full weight in the given direction and half of it in the other; the strongest 200 of an item are kept. Ids are compared as
-- text. You may replace the table by a view over your own tables.
CREATE TABLE IF NOT EXISTS mmsql.relations (
    item_id VARCHAR,
    related_id VARCHAR,
    relation VARCHAR,
    weight DOUBLE
);
