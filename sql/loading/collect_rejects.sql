-- What there is to say about the staged rows: one row for each that cannot be loaded, and one for each field
-- that was left out of a row that can.
CREATE OR REPLACE TEMP TABLE load_rejects AS
SELECT s.load_reason AS reason, s.load_json AS "row"
FROM load_staged s
WHERE s.load_reason IS NOT NULL
UNION ALL
SELECT u.field || ' cannot be read: the row was loaded without it', u.load_json
FROM (
    SELECT unnest(s.load_unread) AS field, s.load_json
    FROM load_staged s
    WHERE s.load_reason IS NULL AND len(s.load_unread) > 0
) u;
