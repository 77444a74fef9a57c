-- A value of an attribute as the number by which it finds its bin: of a date, the year with the part that is over.
--
-- Parameters
--   kind         of mmsql.attribute_schema
--   value        a text, as _attribute_values gives it
-- Example
--   SELECT mmsql._attribute_number('date', '2024-07-01');
CREATE MACRO mmsql._attribute_number(kind, value) AS
    CASE WHEN kind = 'date' THEN CASE WHEN isfinite(TRY_CAST(value AS TIMESTAMP))
             THEN year(TRY_CAST(value AS TIMESTAMP)) + (dayofyear(TRY_CAST(value AS TIMESTAMP)) - 1) / 366.0 END
         ELSE TRY_CAST(value AS DOUBLE) END;
