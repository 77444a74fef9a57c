-- A list of items under two caps. The macro goes through the items from the first on. It skips an item whose category
-- or brand is full.
--
-- Parameters
--   items            a list of structs, best first: popularity_rank, category, brand. An item whose category (or brand)
--                    is NULL is not capped by category (or brand)
--   per_category     most items of one category
--   per_brand        most items of one brand
--   most             most items in all
-- Returns
--   the list of the structs taken, best first
-- Example
--   SELECT mmsql._cap_both([{'popularity_rank': 1, 'category': 'a', 'brand': 'x'}], 1, 1, 9);
CREATE MACRO mmsql._cap_both(items, per_category, per_brand, most) AS
list_reduce(
    list_transform(items, lambda item: [item]),
    lambda taken, candidate: CASE
        WHEN len(taken) >= most
          OR len(list_filter(taken, lambda one: one.category = candidate[1].category)) >= per_category
          OR len(list_filter(taken, lambda other: other.brand = candidate[1].brand)) >= per_brand THEN taken
        ELSE taken || candidate
    END
);
