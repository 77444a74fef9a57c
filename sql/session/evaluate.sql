-- Train on the earlier part of the events, rank the whole catalog for each user, and measure what was kept back.
-- It sees what is committed; the model that serves is not touched. metrics() shows the figures again, for other k too.
-- Options that tune() found have seen what leave_last_out tests, unless it was called with holdout := true.
--
-- Parameters
--   model         a model of the file, trained again with its configuration; NULL for the one that serves
--   algorithm     evaluate this algorithm with its defaults instead
--   split         leave_last_out (each user's last item), time (everything after a moment) or cold_items (some items
--                 altogether, which are then ranked among themselves for the users who had them; popularity is that
--                 of their category. The comments of the earlier half of a new item's commenters describe it, the
--                 others are hidden and their writers evaluated. Any order has recall k / items by chance)
--   k             length of the lists
--   seed          draws the order of events of one moment and the items of cold_items, and seeds training
--   test_share    for time: the share of events after the moment
--   cold_share    for cold_items: the share of the items with events that training does not see
-- Returns
--   model         VARCHAR, what was evaluated
--   algorithm     VARCHAR
--   split         VARCHAR
--   users         BIGINT, evaluated
--   k             INTEGER
--   metric        VARCHAR
--   value         DOUBLE
--   popularity    DOUBLE, the same metric of the most popular items; in cold_items, of the most popular categories
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
