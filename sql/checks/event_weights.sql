-- Events whose weight is 0 or less, and infinite weights.
SELECT 'interactions' AS source, CASE WHEN f.not_finite > 0 THEN 'warning' ELSE 'note' END AS level,
       concat_ws(
           ' ',
           CASE WHEN f.weightless > 0 THEN check_count(f.weightless, 'event') || ' with a weight of 0 or less.' END,
           CASE WHEN f.not_finite > 0
                THEN check_count(f.not_finite, 'event') || ' with a weight that is not finite.' END
       ) AS finding,
       'An event with a weight of 0 or less, such as a return, counts as nothing. A weight that is not finite counts as 1.' AS advice
FROM check_facts f
WHERE f.weightless > 0 OR f.not_finite > 0;
