-- Remove all data of a user from the file, in one transaction, and report what was removed.
-- It removes events, comments, the row in users, vectors, lists, evaluations, cached vectors of the user's texts, and
-- rejects that quote them. Sums over users (edges, item vectors, weights, metrics) stay until CALL train() makes a new
-- model. If a source is a view over your own tables, forget() only counts its rows. You must delete them yourself. A
-- published copy is a file of its own: publish again. Freed blocks of the file may contain the old bytes until they are
-- overwritten.
--
-- Parameters
--   target_user   a user id, compared as text
--   dry_run       only count
-- Returns
--   table_name    VARCHAR, a table of the schema mmsql
--   rows          BIGINT, the user's rows in it; for models, the number of models that learned from all users
--   removed       BOOLEAN, whether the rows are removed
--   note          VARCHAR, why the rows were not removed, or what they are
-- Example
--   CALL forget('U0001', dry_run := true);
CREATE OR REPLACE TEMP MACRO forget(target_user, dry_run := false) AS TABLE
SELECT unnest(mmsql_forget(CAST(json_object(
        'user', CAST(target_user AS VARCHAR), 'dry_run', dry_run
    ) AS VARCHAR)), recursive := true);
