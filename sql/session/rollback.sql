-- Deploy the model that was deployed before the current one.
--
-- Returns
--   deployed      VARCHAR, the model that is deployed now
-- Example
--   CALL rollback();
CREATE OR REPLACE TEMP MACRO rollback() AS TABLE
SELECT mmsql_rollback('asked') AS deployed;
