-- A count with its noun: 1 event, 2,345 events.
--
-- Parameters
--   n        BIGINT
--   noun     VARCHAR, in the singular
-- Returns
--   VARCHAR
CREATE OR REPLACE TEMP MACRO check_count(n, noun) AS
    format('{:,}', CAST(n AS BIGINT)) || ' ' || noun || CASE WHEN n = 1 THEN '' ELSE 's' END;
