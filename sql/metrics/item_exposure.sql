-- How often each item of the catalog stands in the lists of an evaluation.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
-- Returns
--   algorithm      VARCHAR: the evaluated algorithm, or popularity
--   item_id        an item of the catalog
--   events         BIGINT, how many users had it in training
--   exposures      BIGINT, how many lists it stands in, 0 when in none
-- Example
--   FROM mmsql.item_exposure('graph-1', k := 10) ORDER BY exposures DESC LIMIT 5;
CREATE MACRO mmsql.item_exposure(model := NULL, k := 10) AS TABLE
WITH chosen AS MATERIALIZED (
    SELECT c.evaluation, c.algorithm, c.algorithm = c.evaluated AS own, c.k FROM mmsql._evaluated(model := model, k := k) c
),
-- One group an item, not one an item and algorithm: a second key takes as long as the first.
shown AS (
    SELECT l.item_id, count(*) FILTER (WHERE c.own) AS own, count(*) FILTER (WHERE NOT c.own) AS other
    FROM mmsql.evaluation_lists l
    JOIN chosen c ON c.evaluation = l.evaluation AND c.algorithm = l.algorithm AND c.k >= l.rank
    GROUP BY l.item_id
)
SELECT c.algorithm AS algorithm, i.item_id AS item_id, i.events AS events,
       coalesce(CASE WHEN c.own THEN s.own ELSE s.other END, 0) AS exposures
FROM chosen c
LEFT JOIN mmsql.evaluation_items i ON i.evaluation = c.evaluation
LEFT JOIN shown s ON s.item_id = i.item_id;
