-- Store user vectors, from new_rows(user_index, vector), each with the timestamp of its last event. Events in the
-- future do not count, since later events would otherwise not count as newer.
--
-- Parameters
--   $model    VARCHAR
INSERT INTO mmsql.user_vectors
SELECT $model, u.user_id, n.vector, coalesce(e.as_of, TIMESTAMP '1970-01-01')
FROM new_rows n
JOIN train_users u ON u.user_index = n.user_index
JOIN (
    SELECT t.user_index, max(t.ts) FILTER (mmsql._is_past(t.ts)) AS as_of
    FROM train_events t
    GROUP BY t.user_index
) e ON e.user_index = n.user_index
ORDER BY n.user_index;
