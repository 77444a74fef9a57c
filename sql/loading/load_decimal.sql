-- The number that grouped digits stand for, with comma or point as the decimal sign. Where both occur, the last one is
-- the decimal sign. A single comma before three digits groups, as in 1,299. A single point does so only before a
-- currency, as in 1.299 €.
--
-- Parameters
--   digits   VARCHAR: digits, commas and points
--   behind   VARCHAR: text after the digits, may be empty
-- Returns
--   DOUBLE
CREATE OR REPLACE TEMP MACRO load_decimal(digits, behind) AS
    TRY_CAST(
        CASE
            WHEN regexp_full_match(digits, '[0-9.]*,[0-9]*') AND contains(digits, '.')
                THEN replace(replace(digits, '.', ''), ',', '.')
            WHEN contains(digits, ',') AND contains(digits, '.')
                THEN replace(digits, ',', '')
            WHEN regexp_full_match(digits, '[1-9][0-9]*(,[0-9]{3})+')
                THEN replace(digits, ',', '')
            WHEN regexp_full_match(digits, '[1-9][0-9]{0,2}([.][0-9]{3}){2,}')
                THEN replace(digits, '.', '')
            WHEN behind <> '' AND regexp_full_match(digits, '[1-9][0-9]{0,2}[.][0-9]{3}')
                THEN replace(digits, '.', '')
            ELSE replace(digits, ',', '.')
        END AS DOUBLE
    );
