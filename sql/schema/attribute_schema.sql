-- The attributes of items and users as training inferred them, by model. refresh and the answers for users without history
-- read attributes by this schema. kind is number, category, hierarchy, list, boolean, date or ignored, with the reason. A
-- field of a JSON, struct or map is an attribute of its own, named column.field, and nested. bounds are the ends of the bins
-- of a number; step is 1 for whole numbers; separator separates the parts of a path or list written as text. filled is the
-- share of rows with a value, different the number of values, both at training.
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
