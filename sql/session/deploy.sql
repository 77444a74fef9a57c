-- Deploy a model of the file: it answers all queries from now on.
--
-- Parameters
--   model         its name, as in models()
-- Returns
--   deployed      VARCHAR, the model that is deployed now
-- Example
--   CALL deploy('graph-1');
CREATE OR REPLACE TEMP MACRO deploy(model) AS TABLE
SELECT mmsql_deploy(CAST(model AS VARCHAR)) AS deployed;
