-- Remove everything in the file that belongs to a user, in one transaction, and tell what was removed.
-- Events, comments, the row in users, vectors, lists, evaluations, cached vectors of their texts, and rejects that quote
-- them. What is summed over users (edges, item vectors, weights, figures of evaluations) stays until models are made
-- anew: CALL train(). Views over your own tables are counted, and the rows are yours to delete. Published copies are
-- files of their own: publish again. Freed parts of the file may hold the bytes until they are written over.
--
-- Parameters
--   target_user   a user id, compared as it is written
--   dry_run       only count
-- Returns
--   table_name    VARCHAR, a table of the schema mmsql
--   rows          BIGINT, the user's rows in it; of models, how many stay that have learned from all users
--   removed       BOOLEAN, whether they are gone
--   note          VARCHAR, why they stay, or what they are
-- Example
--   CALL forget('U0001', dry_run := true);
CREATE OR REPLACE TEMP MACRO forget(target_user, dry_run := false) AS TABLE
SELECT unnest(mmsql_forget(CAST(json_object(
        'user', CAST(target_user AS VARCHAR), 'dry_run', dry_run
    ) AS VARCHAR)), recursive := true);
