-- Bring the serving model up to date: new events, items, texts and images count, the configuration stays.
-- It sees what is committed. Edges are counted again; a deep model keeps its weights and embeds items and users again.
--
-- Returns
--   model         VARCHAR, the new version's name
--   algorithm     VARCHAR, what it is
--   users         BIGINT
--   items         BIGINT
--   events        BIGINT
--   encoded       BIGINT, texts and images that had to be encoded: the new ones
--   rejects       BIGINT, rows that could not be used: FROM mmsql.rejects
--   seconds       DOUBLE
--   message       VARCHAR
-- Example
--   CALL refresh();
CREATE OR REPLACE TEMP MACRO refresh() AS TABLE
SELECT unnest(mmsql_refresh('{}'), recursive := true);
