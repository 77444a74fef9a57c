-- What each column of items and users is to a model: the schema that training inferred, by which refresh and the
-- serving of users without history read them. kind is number, category, hierarchy, list, boolean, date or ignored, with
-- the reason. A field of a JSON, struct or map is an attribute of its own, named column.field, and nested. bounds are
-- where the bins of a number meet, step is 1 where it is whole in all rows; separator is what parts a path or list written as text; filled is the share of
-- the rows with a value, different the number of values, both at training.
CREATE TABLE IF NOT EXISTS mmsql.attribute_schema (
    model VARCHAR,
    source VARCHAR,
    place BIGINT,
    attribute VARCHAR,
    column_name VARCHAR,
    kind VARCHAR,
    separator VARCHAR,
    bounds DOUBLE[],
    different BIGINT,
    filled DOUBLE,
    reason VARCHAR,
    step DOUBLE,
    nested BOOLEAN
);
