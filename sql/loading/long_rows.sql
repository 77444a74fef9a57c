-- The rows of a file with one property a row, with the reasons of those that cannot be used. Reads load_long(load_id,
-- load_property, load_value, load_time, load_json, load_number), all but the last as texts.
CREATE OR REPLACE TEMP TABLE load_properties AS
SELECT p.*,
       CASE WHEN p.load_id IS NULL THEN 'the id is missing'
            WHEN p.property IS NULL THEN 'property is missing'
            WHEN p.ts IS NULL AND load_non_null(p.load_time) IS NOT NULL THEN 'ts is not a time that can be read'
       END AS load_reason
FROM (
    SELECT l.load_id, trim(load_text(l.load_property)) AS property, load_text(l.load_value) AS value,
           load_ts(l.load_time) AS ts, l.load_time, l.load_json, l.load_number
    FROM load_long l
) p;
