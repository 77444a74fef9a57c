-- Let the model serve that served before.
--
-- Returns
--   deployed      VARCHAR, the model that serves now
-- Example
--   CALL rollback();
CREATE OR REPLACE TEMP MACRO rollback() AS TABLE
SELECT mmsql_rollback('asked') AS deployed;
