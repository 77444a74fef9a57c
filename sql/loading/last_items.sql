-- The last row of each item of a file. Earlier rows of the same item do not count.
CREATE OR REPLACE TEMP TABLE load_last AS
SELECT max(s.load_line) AS load_line
FROM load_source s
WHERE s.load_error IS NULL AND load_item_id(s.item_id) IS NOT NULL
GROUP BY load_item_id(s.item_id);
