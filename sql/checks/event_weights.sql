-- Negative and infinite weights.
SELECT 'interactions' AS source, 'warning' AS level,
       concat_ws(
           ' ',
           CASE WHEN f.negative > 0 THEN check_count(f.negative, 'event') || ' with a negative weight.' END,
           CASE WHEN f.not_finite > 0
                THEN check_count(f.not_finite, 'event') || ' with a weight that is not finite.' END
       ) AS finding,
       'A negative weight counts as 0. A weight that is not finite counts as 1.' AS advice
FROM check_facts f
WHERE f.negative > 0 OR f.not_finite > 0;
