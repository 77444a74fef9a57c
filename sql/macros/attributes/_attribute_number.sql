-- The value of an attribute as a number, to find its bin. A date becomes the year and the elapsed part of it.
--
-- Parameters
--   kind         as in mmsql.attribute_schema
--   value        VARCHAR, as in _attribute_values
-- Returns
--   DOUBLE, NULL for any other value
-- Example
--   SELECT mmsql._attribute_number('date', '2024-07-01');
CREATE MACRO mmsql._attribute_number(kind, value) AS
    CASE WHEN kind = 'date' THEN CASE WHEN isfinite(TRY_CAST(value AS TIMESTAMP))
             THEN year(TRY_CAST(value AS TIMESTAMP)) + (dayofyear(TRY_CAST(value AS TIMESTAMP)) - 1) / 366.0 END
         ELSE TRY_CAST(value AS DOUBLE) END;
