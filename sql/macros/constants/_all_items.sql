-- A list length beyond any catalog, to rank all items.
--
-- Returns
--   INTEGER
-- Example
--   SELECT mmsql._all_items();
CREATE MACRO mmsql._all_items() AS 1000000000;
