-- The training events without those of validation_pairs. whole_events has all of them.
CREATE OR REPLACE TEMP TABLE train_events AS
SELECT e.user_index, e.item_index, e.weight, e.ts, e.event, e.event_type_bits, e.position,
       CAST(e.length - CASE WHEN v.user_index IS NULL THEN 0 ELSE 1 END AS INTEGER) AS length
FROM whole_events e
LEFT JOIN validation_pairs v ON v.user_index = e.user_index
WHERE v.user_index IS NULL OR e.position < e.length;
