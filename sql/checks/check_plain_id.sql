-- An id without blanks around it, leading zeros and a trailing .0: ids that are equal without these are likely the same.
--
-- Parameters
--   id       VARCHAR
-- Returns
--   VARCHAR
CREATE OR REPLACE TEMP MACRO check_plain_id(id) AS
    regexp_replace(regexp_replace(trim(id), '^([0-9]+)[.]0+$', '\1'), '^0+([0-9])', '\1');
