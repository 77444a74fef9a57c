-- The value of each property that counts: the latest by time, or the last in the file; blank values do not count.
CREATE OR REPLACE TEMP TABLE load_latest AS
SELECT p.load_id, lower(p.property) AS property, arg_max(p.value, (coalesce(p.ts, '-infinity'::TIMESTAMP), p.load_number)) AS value
FROM load_properties p
WHERE p.load_reason IS NULL AND p.value IS NOT NULL
GROUP BY p.load_id, lower(p.property);
