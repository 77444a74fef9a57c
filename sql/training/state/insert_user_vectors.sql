-- Store user vectors, from new_rows(user_index, vector), each with the moment of the last event it knows. Events of the
-- future, by a day of leeway for time zones, are left out of that: what happens now would not count as later.
--
-- Parameters
--   $model    VARCHAR
INSERT INTO mmsql.user_vectors
SELECT $model, u.user_id, n.vector, coalesce(e.as_of, TIMESTAMP '1970-01-01')
FROM new_rows n
JOIN train_users u ON u.user_index = n.user_index
JOIN (
    SELECT t.user_index, max(t.ts) FILTER (t.ts <= CAST(now() AS TIMESTAMP) + INTERVAL 1 DAY) AS as_of
    FROM train_events t
    GROUP BY t.user_index
) e ON e.user_index = n.user_index
ORDER BY n.user_index;
