-- The forms of the times of a file: dates in which the order of day and month must be known, and days as Excel counts them.
SELECT count(*) FILTER (f.first > 12) AS day_first,
       count(*) FILTER (f.second > 12) AS month_first,
       count(f.first) AS unordered,
       count(*) FILTER (f.serial BETWEEN 32874 AND 73050) AS serials,
       count(f.value) AS times,
       min(f.value) FILTER (f.first > 12) AS day_example,
       min(f.value) FILTER (f.second > 12) AS month_example,
       min(f.value) FILTER (f.first IS NOT NULL) AS example
FROM (
    SELECT t.value,
           TRY_CAST(regexp_extract(t.value, load_unordered_date(), 1) AS INTEGER) AS first,
           TRY_CAST(regexp_extract(t.value, load_unordered_date(), 2) AS INTEGER) AS second,
           CASE WHEN regexp_full_match(t.value, '\s*[0-9]{5}([.,][0-9]+)?\s*')
                THEN TRY_CAST(replace(t.value, ',', '.') AS DOUBLE) END AS serial
    FROM load_times t
    WHERE load_non_null(t.value) IS NOT NULL
) f;
