-- Update the deployed model with new events, items, texts and images. The configuration stays.
-- It reads committed rows only. Edges are computed again; a deep model keeps its weights and embeds items and users again.
-- If no row of any source changed, it does nothing. Every run has a row in mmsql.refreshes.
--
-- Parameters
--   retrain       train again if the drift is above this value; 0.2 by default. The new model is deployed only if its
--                 NDCG@10 on held-out events is not below that of the deployed model, brought up to date
--   min_overlap   do not deploy a new version if the overlap is below this value, from 0 to 1; 0 by default
-- Returns
--   model         VARCHAR, name of the new version
--   algorithm     VARCHAR
--   users         BIGINT
--   items         BIGINT
--   events        BIGINT
--   encoded       BIGINT, new texts and images, which were encoded
--   rejects       BIGINT, rows that could not be used: FROM mmsql.rejects
--   seconds       DOUBLE
--   message       VARCHAR
--   status        VARCHAR: refreshed or retrained; unchanged, if no row has changed; refused, if the overlap is below
--                 min_overlap; held after a rollback, until you deploy or train a model
--   new_events    BIGINT, events of this version minus those of the previous version; negative if there are fewer
--   new_users     BIGINT
--   new_items     BIGINT
--   drift         DOUBLE, change of the number of events since the model was trained, as a share of the current number
--   overlap       DOUBLE, share of the first ten items of a user's list that were also in the list of the previous
--                 version, averaged
-- Example
--   CALL refresh();
CREATE OR REPLACE TEMP MACRO refresh(retrain := NULL, min_overlap := NULL) AS TABLE
SELECT unnest(
    mmsql_refresh(CAST(json_object('retrain', retrain, 'min_overlap', min_overlap) AS VARCHAR)), recursive := true
);
