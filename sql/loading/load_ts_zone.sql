-- The form of a zone after a time: its groups are the time, the zone and the year behind it. Names of zones with several
-- meanings, such as CST, are missing.
--
-- Returns
--   VARCHAR, a regular expression
CREATE OR REPLACE TEMP MACRO load_ts_zone() AS
    '(:[0-9]{2}(?:[.][0-9]+)?(?: [AaPp]M)?|^[0-9]{8} [0-9]{6}) ?'
    || '((?:UTC|GMT)?[+-][0-9]{1,2}:?(?:[0-9]{2})?(?: UTC| GMT)?'
    || '|Z|z|UTC|GMT|WET|EST|EDT|CDT|MDT|MST|PST|PDT|CET|CEST|EET|JST|KST)( [0-9]{4})?$';
