-- Whether the clock is the day, and how many events share user and moment with another, so that their
-- order is not known. In large shops a sample of the users is looked at. (Without the cast, % runs on HUGEINT,
-- which takes 30 times as long.)
--
-- Parameters
--   $sample  BIGINT: about how many events to look at
SELECT 'interactions' AS source, 'note' AS level,
       concat(
           CASE WHEN f.midnight >= 0.99 * f.timed THEN 'The clock is the day. ' ELSE '' END,
           check_share(t.tied, t.events), ' of the events share user and moment with another.'
       ) AS finding,
       'Their order is not known and is drawn by hash; models treat them as simultaneous. '
       || 'A finer ts, where you have one, makes better recommendations.' AS advice
FROM (
    SELECT coalesce(sum(g.events) FILTER (g.events > 1), 0) AS tied, sum(g.events) AS events
    FROM (
        SELECT i.user_id, i.ts, count(*) AS events
        FROM check_interactions i
        WHERE i.ts IS NOT NULL
          AND hash(i.user_id) % CAST((SELECT greatest(n.events // $sample, 1) FROM check_facts n) AS UBIGINT) = 0
        GROUP BY i.user_id, i.ts
    ) g
) t
CROSS JOIN check_facts f
WHERE t.tied > 0.2 * t.events OR (f.midnight >= 0.99 * f.timed AND t.events > 1);
