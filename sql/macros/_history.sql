-- What speaks for each visitor: the distinct items of the history, newest with the most weight.
-- A visitor without history has one row, without an item.
--
-- Parameters
--   users      a list of user ids, or NULL for everybody
--   session    a list of item ids, oldest first, of one anonymous visitor; users is ignored then
-- Returns
--   visitor    BIGINT, a number for each user asked for
--   user_id    the user, in the type of interactions; NULL for a session, or an id that cannot be one
--   item_id    an item of the history
--   ts         the latest moment of it
--   weight     strength · decay^age · share: strength is the weight of the strongest type of event, age counts the
--              moments since, share is edge_weight for what the user's vector already knows, else 1; 0 beyond the
--              latest history_length items, and where decay^age is below a millionth
CREATE MACRO mmsql._history(users, session) AS TABLE
WITH model AS MATERIALIZED (
    FROM mmsql._deployed()
),
asked AS MATERIALIZED (
    SELECT row_number() OVER () AS visitor, a.user_id
    FROM (
        SELECT TRY(cast_to_type(g.user_id, t.user_id)) AS user_id
        FROM (SELECT DISTINCT unnest(users) AS user_id) g
        LEFT JOIN (SELECT i.user_id FROM mmsql.interactions i LIMIT 0) t ON true
        WHERE session IS NULL
        UNION ALL
        SELECT DISTINCT i.user_id FROM mmsql.interactions i
        WHERE users IS NULL AND session IS NULL AND i.user_id IS NOT NULL
    ) a
),
events AS (
    SELECT a.visitor, i.item_id, max(i.ts) AS ts, max(coalesce(w.weight, 1)) AS strength
    FROM asked a
    JOIN mmsql.interactions i ON i.user_id = a.user_id
    LEFT JOIN (
        SELECT e.event, e.weight FROM mmsql.event_weights e SEMI JOIN model m ON m.model = e.model
    ) w ON w.event = coalesce(i.event, '')
    WHERE i.item_id IS NOT NULL
    GROUP BY a.visitor, i.item_id
    UNION ALL
    SELECT 0 AS visitor, TRY(cast_to_type(s.item_id, t.item_id)) AS item_id,
           TIMESTAMP '1970-01-01' + to_seconds(max(s.place)) AS ts, 1 AS strength
    FROM (SELECT unnest(session) AS item_id, generate_subscripts(session, 1) AS place) s
    LEFT JOIN (SELECT i.item_id FROM mmsql.interactions i LIMIT 0) t ON true
    GROUP BY 1, 2
),
aged AS (
    SELECT e.visitor, e.item_id, e.ts, e.strength,
           dense_rank() OVER (PARTITION BY e.visitor ORDER BY e.ts DESC NULLS LAST) - 1 AS age,
           row_number() OVER (PARTITION BY e.visitor ORDER BY e.ts DESC NULLS LAST, e.item_id) AS recency
    FROM events e
),
visitors AS (
    SELECT a.visitor, a.user_id FROM asked a
    UNION ALL
    SELECT 0 AS visitor, t.user_id
    FROM (SELECT 1 AS one) o
    LEFT JOIN (SELECT i.user_id FROM mmsql.interactions i LIMIT 0) t ON true
    WHERE session IS NOT NULL
)
SELECT s.visitor, s.user_id, h.item_id, h.ts,
       CASE WHEN h.recency > d.history_length OR pow(d.decay, h.age) < 1e-6 THEN 0
            WHEN v.as_of IS NULL OR h.ts > v.as_of THEN pow(d.decay, h.age)
            ELSE pow(d.decay, h.age) * d.edge_weight END * h.strength AS weight
FROM visitors s
CROSS JOIN model d
LEFT JOIN aged h ON h.visitor = s.visitor
LEFT JOIN mmsql.user_vectors v ON v.model = d.model AND v.user_id = s.user_id;
