-- Train on the earlier part of the events, rank the whole catalog for each user, and compute metrics on held-out events.
-- It reads committed rows only. The deployed model does not change. metrics() shows the result again, also for other k.
-- tune() chooses options on the same events that leave_last_out tests. The metrics of such options are then too high.
-- tune(holdout := true) avoids this.
--
-- Parameters
--   model         a model of the file, trained again with its configuration; NULL for the deployed one
--   algorithm     evaluate this algorithm with its defaults instead
--   split         leave_last_out (each user's last item), time (everything after a point in time) or cold_items: all
--                 events of some items are held out. Only these items are ranked, for the users who had them. The
--                 popularity column ranks by the popularity of the item's category. The first half of an item's
--                 commenters is not evaluated for that item, and their comments describe it; the comments of the others
--                 are hidden. A random order has a recall of k / the number of these items
--   k             length of the lists
--   seed          draws the order of events with the same timestamp and the items of cold_items, and seeds training
--   test_share    for time: the share of events after the point in time
--   cold_share    for cold_items: the share of the items with events that are held out
-- Returns
--   model         VARCHAR, the evaluated model
--   algorithm     VARCHAR
--   split         VARCHAR
--   users         BIGINT, evaluated users
--   k             INTEGER
--   metric        VARCHAR
--   value         DOUBLE
--   popularity    DOUBLE, the same metric of the most popular items; for cold_items, of the most popular categories
-- Example
--   CALL evaluate(split := 'leave_last_out', k := 10);
CREATE OR REPLACE TEMP MACRO evaluate(
    model := NULL, algorithm := NULL, split := 'leave_last_out', k := 10, seed := NULL, test_share := NULL,
    cold_share := NULL
) AS TABLE
SELECT unnest(mmsql_evaluate(CAST(json_object(
        'model', model, 'algorithm', algorithm, 'split', split, 'k', k, 'seed', seed, 'test_share', test_share,
        'cold_share', cold_share
    ) AS VARCHAR)), recursive := true);
