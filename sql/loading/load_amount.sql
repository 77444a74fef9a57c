-- The number in a text such as $1,299.00, ￥88, 12,50 € or from 5 USD. A range gives its lower end.
--
-- Parameters
--   value    VARCHAR
-- Returns
--   DOUBLE, or NULL if the text is not an amount
CREATE OR REPLACE TEMP MACRO load_amount(value) AS (
    SELECT CASE WHEN p.part.minus <> '' OR p.part.inner_minus <> '' THEN -1 ELSE 1 END
         * load_decimal(regexp_replace(p.part.digits, '[^0-9.,]', '', 'g'), p.part.behind)
    FROM (
        SELECT regexp_extract(
            value,
            '^[\s\p{Z}]*(?:(?i:from|ab)[\s\p{Z}]+)?([+]|-|−)?[\s\p{Z}]*'
            || '(?:[A-Za-z]{0,3}\p{Sc}|[A-Z]{3}|Rs[.]?|kr[.]?)?[\s\p{Z}]*([+]|-|−)?[\s\p{Z}]*'
            || '([0-9](?:[0-9.,''’ \x{A0}\x{2009}\x{202F}]*[0-9])?)'
            || '[\s\p{Z}]*((?:[A-Za-z]{0,3}\p{Sc}|[A-Z]{3}|Rs[.]?|kr[.]?|zł|Kč|元|円|원|руб[.]?)?)[\s\p{Z}]*'
            || '(?:[-–—~][\s\p{Z}]*(?:[A-Za-z]{0,3}\p{Sc}|[A-Z]{3})?[\s\p{Z}]*[0-9][0-9., ]*[\s\p{Z}]*\p{Sc}?)?'
            || '[\s\p{Z}]*$',
            ['minus', 'inner_minus', 'digits', 'behind']
        ) AS part
    ) p
);
