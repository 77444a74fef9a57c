-- The share of events that have the user and the timestamp of another event, so that their order is unknown, and
-- whether timestamps are days. In large shops the check reads a sample of the users. (The cast avoids % on HUGEINT,
-- which takes 30 times as long.)
--
-- Parameters
--   $sample  BIGINT: about how many events to read
SELECT 'interactions' AS source, 'note' AS level,
       concat(
           CASE WHEN f.midnight >= 0.99 * f.timed THEN 'Timestamps are days, without a time. ' ELSE '' END,
           check_share(t.tied, t.events), ' of the events have the same user and timestamp as another.'
       ) AS finding,
       'Their order is unknown and is drawn by hash; models treat them as simultaneous. '
       || 'A finer ts, where you have one, improves recommendations.' AS advice
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
