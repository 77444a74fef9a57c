-- What mmsql._is_in_category says, which a file of an earlier version does not have.
CREATE OR REPLACE TEMP MACRO check_is_in_category(category, parent) AS
    category = parent
    OR (starts_with(category, parent) AND regexp_matches(substring(category, length(parent) + 1), '^\s*([>»›→/|\\]|::)|^ [-–] |^\.[^[:punct:][:space:][:cntrl:]\d]'));
