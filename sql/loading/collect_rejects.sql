-- The rejects of the staged rows: one for each row that cannot be loaded, and one for each field without which a row is
-- loaded.
CREATE OR REPLACE TEMP TABLE load_rejects AS
SELECT s.load_reason AS reason, s.load_json AS "row"
FROM load_staged s
WHERE s.load_reason IS NOT NULL
UNION ALL
SELECT u.field || ' cannot be read: the row was loaded without it', u.load_json
FROM (
    SELECT unnest(s.load_unreadable) AS field, s.load_json
    FROM load_staged s
    WHERE s.load_reason IS NULL AND len(s.load_unreadable) > 0
) u;
