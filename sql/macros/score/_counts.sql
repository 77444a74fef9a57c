-- Whether an event counts. An event whose weight is 0 or less, such as a return, counts as nothing: in no model, list,
-- evaluation or report. Its item still counts as seen. A weight that is not finite or beyond 1e12 counts as 1.
--
-- Parameters
--   weight    a number or NULL, which counts
-- Returns
--   BOOLEAN
-- Example
--   SELECT mmsql._counts(-1);
CREATE MACRO mmsql._counts(weight) AS
    NOT coalesce(CAST(weight AS DOUBLE) <= 0 AND CAST(weight AS DOUBLE) >= -1e12, false);
