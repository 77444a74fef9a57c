-- The vector of a history of items, from the user tower of the deployed model. If the model has no user tower, it is
-- the mean of the items' text vectors; recent items weigh more.
--
-- Parameters
--   item_ids      a list of item ids, oldest first; unknown ones are skipped
-- Returns
--   a FLOAT[], NULL for NULL and for a list without any known item
-- Example
--   SELECT embed_behavior(['P0001', 'P0002']);
CREATE OR REPLACE TEMP MACRO embed_behavior(item_ids) AS
mmsql_embed_behavior(CASE
    WHEN item_ids IS NOT NULL AND TRY_CAST(item_ids AS VARCHAR[]) IS NULL
        THEN error('item_ids must be a list of item ids, oldest first; ' || CAST(item_ids AS VARCHAR)
                   || ' was given. Type embed_behavior([''P0001'', ''P0002'']).')
    ELSE TRY_CAST(item_ids AS VARCHAR[])
END);
