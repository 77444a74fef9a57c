-- Counts over all events, in one row. Several checks read only these.
CREATE OR REPLACE TEMP TABLE check_facts AS
SELECT count(*) AS events,
       count(*) FILTER (i.user_id IS NULL) AS without_user,
       count(*) FILTER (i.item_id IS NULL) AS without_item,
       count(*) FILTER (i.user_id IS NOT NULL AND i.item_id IS NOT NULL AND check_counts(i.weight)) AS usable,
       count(i.ts) AS timed,
       count(*) FILTER (NOT isfinite(i.ts)) AS endless,
       min(i.ts) FILTER (isfinite(i.ts)) AS first_ts,
       max(i.ts) FILTER (isfinite(i.ts)) AS last_ts,
       max(i.ts) FILTER (isfinite(i.ts) AND i.ts <= now()::TIMESTAMP + INTERVAL 1 DAY) AS last_past_ts,
       count(*) FILTER (i.ts > now()::TIMESTAMP + INTERVAL 1 DAY AND isfinite(i.ts)) AS future,
       count(*) FILTER (i.ts < TIMESTAMP '1995-01-01' AND isfinite(i.ts)) AS early,
       count(*) FILTER (i.ts = date_trunc('day', i.ts)) AS midnight,
       count(*) FILTER (NOT check_counts(i.weight)) AS weightless,
       count(*) FILTER (NOT isfinite(i.weight)) AS not_finite
FROM check_interactions i;
