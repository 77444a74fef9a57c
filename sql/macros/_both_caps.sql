-- Take items from the first on, leaving out those whose category or brand has its share already.
--
-- Parameters
--   items            a list of structs, best first: place, category and brand; what is NULL is not capped
--   per_category     at most so many of one category
--   per_brand        at most so many of one brand
--   most             how many to take
-- Returns
--   the structs taken, best first
-- Example
--   SELECT mmsql._both_caps([{'place': 1, 'category': 'a', 'brand': 'x'}, {'place': 2, 'category': 'b', 'brand': 'x'}], 1, 1, 9);
CREATE MACRO mmsql._both_caps(items, per_category, per_brand, most) AS
list_reduce(
    list_transform(items, lambda item: [item]),
    lambda taken, given: CASE
        WHEN len(taken) >= most
          OR len(list_filter(taken, lambda one: one.category = given[1].category)) >= per_category
          OR len(list_filter(taken, lambda other: other.brand = given[1].brand)) >= per_brand THEN taken
        ELSE taken || given
    END
);
