-- The number that grouped digits stand for, whichever of comma and point is the decimal sign.
-- When both occur, the last one is. A lone comma with three digits behind it groups, as in 1,299; a lone
-- point does so only where the currency stands behind, as in 1.299 €.
--
-- Parameters
--   digits   VARCHAR: digits, commas and points
--   behind   VARCHAR: what stands behind the digits, or an empty text
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
