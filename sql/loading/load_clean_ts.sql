-- The text of a time in one spelling: months by three letters, no weekday, dates as year-month-day where that is certain,
-- one blank between the parts.
--
-- Parameters
--   value    VARCHAR, such as Mon Aug 01 13:41:57 -0700 2011, 15.01.2024 8:26 or 2024年1月15日 下午3时23分
-- Returns
--   VARCHAR, such as Aug 01 13:41:57 -0700 2011, 2024-01-15 8:26 or 2024-1-15 3:23 PM
CREATE OR REPLACE TEMP MACRO load_clean_ts(value) AS
    value
    -- Quotation marks, the zone in words behind an offset, and the wrapping of .NET.
    .regexp_replace('^[\s\p{Z}"]+|[\s\p{Z}"]+$', '', 'g')
    .regexp_replace('\s*\([A-Za-z ]*\)$|\[[A-Za-z_/+-]+\]$|^\[|\]$', '', 'g')
    .regexp_replace('^/Date\(([+-]?[0-9]+)([+-][0-9]{4})?\)/$', '\1')
    -- Weekdays.
    .regexp_replace('^(?i:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?i:day|sday|nesday|rsday|urday)?[.,]*\s+', '')
    .regexp_replace('(?:周|星期|礼拜)[一二三四五六日天]', ' ')
    -- Chinese units and times of day.
    .regexp_replace('([0-9])\s*[年月]\s*([0-9])', '\1-\2', 'g')
    .regexp_replace('([0-9])\s*[年月]\s*([0-9])', '\1-\2')
    .regexp_replace('([0-9])\s*[日号]\s*', '\1 ')
    .regexp_replace('([0-9])\s*[时時点點分]\s*([0-9])', '\1:\2', 'g')
    .regexp_replace('([0-9])\s*[时時点點分]\s*([0-9])', '\1:\2')
    .regexp_replace('([0-9])\s*[分秒]', '\1')
    .regexp_replace('([0-9])\s*[时時点點]', '\1:00')
    .regexp_replace('(?:上午|凌晨|早上|清晨|早晨|早)\s*([0-9:.]+)', '\1 AM')
    .regexp_replace('中午\s*(1[01][:.][0-9:.]+)', '\1 AM')
    .regexp_replace('(?:晚上|夜里|深夜|半夜)\s*(12[:.][0-9:.]+)', '\1 AM')
    .regexp_replace('(?:下午|晚上|中午|傍晚|夜里|深夜|午后)\s*([0-9:.]+)', '\1 PM')
    .regexp_replace('\b(1[3-9]|2[0-3])([:.][0-9:.]+) PM', '\1\2')
    .regexp_replace('([0-9])\s*(?i:(a|p)[.]?m[.]?)$', '\1 \2M')
    -- Months by their names, and dates with these.
    .regexp_replace('\b(?i:(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:[a-z]*))\b[.,]?', '\1')
    .regexp_replace('([0-9])(?:st|nd|rd|th)\b', '\1')
    .regexp_replace('^([0-9]{1,2})[-/ ]([A-Za-z]{3})[-/ ]([0-9]{2,4})[: ]?', '\1 \2 \3 ')
    -- Dates of digits, with the year first or with dots, and times with dots.
    .regexp_replace('^([0-9]{4})[/.]([0-9]{1,2})[/.]([0-9]{1,2})', '\1-\2-\3')
    .regexp_replace('^([0-9]{1,2})[.]([0-9]{1,2})[.]([0-9]{4})', '\3-\2-\1')
    .regexp_replace('^([0-9]{1,2})[.]([0-9]{1,2})[.]([0-9]{2})\b', '20\3-\2-\1')
    .regexp_replace('([0-9])[T_]([0-9])', '\1 \2')
    .regexp_replace(' ([0-9]{1,2})[.]([0-9]{2})[.]([0-9]{2})\b', ' \1:\2:\3')
    -- Fractions of a second: a dot before them, at most six digits.
    .regexp_replace('(:[0-9]{2})[,:]([0-9]{3,6})\b', '\1.\2')
    .regexp_replace('([.][0-9]{6})[0-9]+', '\1')
    .regexp_replace('[\s,]+', ' ', 'g')
    .trim();
