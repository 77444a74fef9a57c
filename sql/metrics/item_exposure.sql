-- The number of lists of an evaluation that contain an item, for each item of the catalog.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
-- Returns
--   algorithm      VARCHAR: the evaluated algorithm, or popularity
--   item_id        an item of the catalog
--   events         BIGINT, training users with the item
--   exposures      BIGINT, lists with the item; 0 for an item in no list
-- Example
--   FROM mmsql.item_exposure('graph-1', k := 10) ORDER BY exposures DESC LIMIT 5;
CREATE MACRO mmsql.item_exposure(model := NULL, k := 10) AS TABLE
WITH chosen AS MATERIALIZED (
    SELECT c.evaluation, c.algorithm, c.algorithm = c.evaluated AS is_evaluated, c.k FROM mmsql._evaluated(model := model, k := k) c
),
-- One group per item, and not per item and algorithm: a second key takes as long as the first.
exposures AS (
    SELECT l.item_id, count(*) FILTER (WHERE c.is_evaluated) AS evaluated, count(*) FILTER (WHERE NOT c.is_evaluated) AS popularity
    FROM mmsql.evaluation_lists l
    JOIN chosen c ON c.evaluation = l.evaluation AND c.algorithm = l.algorithm AND c.k >= l.rank
    GROUP BY l.item_id
)
SELECT c.algorithm AS algorithm, i.item_id AS item_id, i.events AS events,
       coalesce(CASE WHEN c.is_evaluated THEN s.evaluated ELSE s.popularity END, 0) AS exposures
FROM chosen c
LEFT JOIN mmsql.evaluation_items i ON i.evaluation = c.evaluation
LEFT JOIN exposures s ON s.item_id = i.item_id;
