-- Whether an event counts, as mmsql._counts says, which a file of an earlier version does not have.
CREATE OR REPLACE TEMP MACRO check_counts(weight) AS NOT coalesce(weight <= 0 AND weight >= -1e12, false);
