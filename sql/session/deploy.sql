-- Let a model of the file serve from now on.
--
-- Parameters
--   model         its name, as models() lists it
-- Returns
--   deployed      VARCHAR, the model that serves now
-- Example
--   CALL deploy('graph-1');
CREATE OR REPLACE TEMP MACRO deploy(model) AS TABLE
SELECT mmsql_deploy(CAST(model AS VARCHAR)) AS deployed;
