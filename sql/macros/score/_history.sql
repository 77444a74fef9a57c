-- The weighted history of each visitor: one row per distinct item, and one row without an item for a visitor without
-- history.
--
-- Parameters
--   who        'user', 'users', 'session' or 'everybody', as a constant. With 'user' and 'users', the parameter users
--              is read. With 'session', the parameter session is read. 'everybody' is every user with an event or with
--              a vector of the deployed model
--   users      a list of user ids; exactly one id for 'user'
--   session    a list of item ids of one anonymous visitor, oldest first; or a list of structs item_id, ts, strength and,
--              in the first entry only, user_id: a history to use in place of the stored one
-- Returns
--   visitor    BIGINT, a number for each visitor
--   user_id    the user, in the type of interactions; NULL for a session, and for an id that cannot be of that type
--   item_id    an item of the history
--   ts         the latest timestamp of the item
--   strength   DOUBLE, the largest weight of an event type with which the visitor had the item
--   weight     DOUBLE, strength · decay^age · edge_share. age is the number of distinct later timestamps. For a user
--              with a vector, edge_share is edge_weight if the vector was computed with the event, or if the event is
--              dated more than a day in the future. Otherwise edge_share is 1. The weight is 0 for items beyond the
--              latest history_length items, and if decay^age is below _min_decay_weight
--   model, algorithm, edge_weight, vector_weight    of the deployed model
CREATE MACRO mmsql._history(who, users, session) AS TABLE
WITH single_user AS NOT MATERIALIZED (
    SELECT 1 AS visitor, TRY(cast_to_type(g.user_id, d.null_user_id)) AS user_id, d.*
    FROM (SELECT users[1] AS user_id) g
    CROSS JOIN mmsql._deployed() d
),
listed_users AS (
    SELECT row_number() OVER () AS visitor, TRY(cast_to_type(g.user_id, d.null_user_id)) AS user_id, d.*
    FROM (SELECT DISTINCT unnest(users) AS user_id) g
    CROSS JOIN mmsql._deployed() d
),
session_visitor AS NOT MATERIALIZED (
    SELECT 1 AS visitor, TRY(cast_to_type(g.user_id, d.null_user_id)) AS user_id, d.*
    FROM (SELECT to_json(session) ->> '$[0].user_id' AS user_id) g
    CROSS JOIN mmsql._deployed() d
),
every_user AS (
    SELECT row_number() OVER () AS visitor, g.user_id, d.*
    FROM (
        SELECT i.user_id FROM mmsql.interactions i WHERE i.user_id IS NOT NULL
        UNION
        SELECT v.user_id FROM mmsql.user_vectors v JOIN mmsql.serving_model m ON m.model = v.model
    ) g
    CROSS JOIN mmsql._deployed() d
),
many_visitors AS MATERIALIZED (
    FROM query(CASE who WHEN 'users' THEN 'FROM listed_users' ELSE 'FROM every_user' END)
),
visitors AS NOT MATERIALIZED (
    -- Many visitors are materialized, so that they are numbered once. One visitor is computed again faster than stored.
    FROM query(CASE who
        WHEN 'user' THEN 'FROM single_user' WHEN 'session' THEN 'FROM session_visitor' ELSE 'FROM many_visitors'
    END)
),
user_events AS (
    SELECT v.visitor, i.item_id, CAST(i.ts AS TIMESTAMP) AS ts,
           CASE WHEN mmsql._counts(i.weight)
                THEN coalesce(v.event_weights[coalesce(CAST(i.event AS VARCHAR), '')], 1) END AS strength
    FROM visitors v
    JOIN mmsql.interactions i ON i.user_id = v.user_id
    WHERE i.item_id IS NOT NULL
),
session_events AS (
    SELECT 1 AS visitor, TRY(cast_to_type(s.item_id, d.null_item_id)) AS item_id, s.ts, s.strength
    FROM (
        -- As JSON, because a macro has no types: an entry may be an id or a struct.
        SELECT CASE WHEN j.entry ^@ '{' THEN j.entry ->> '$.item_id' ELSE j.entry ->> '$' END AS item_id,
               CASE WHEN j.entry ^@ '{' THEN CAST(j.entry ->> '$.ts' AS TIMESTAMP)
                    ELSE TIMESTAMP '1970-01-01' + to_seconds(j.position) END AS ts,
               CASE WHEN j.entry ^@ '{' THEN CAST(j.entry ->> '$.strength' AS DOUBLE) ELSE 1 END AS strength
        FROM (SELECT to_json(unnest(session)) AS entry, generate_subscripts(session, 1) AS position) j
    ) s
    CROSS JOIN mmsql._deployed() d
    WHERE s.item_id IS NOT NULL
),
vector_dates AS (
    -- A step of its own: for a LEFT JOIN to user_vectors, the planner expects as many rows as that table has, and would
    -- then read all of mmsql.serving.
    SELECT v.visitor, u.as_of FROM visitors v JOIN mmsql.user_vectors u ON u.model = v.model AND u.user_id = v.user_id
),
items_of_many AS (
    SELECT e.visitor, e.item_id, max(e.ts) FILTER (e.strength IS NOT NULL) AS ts, max(e.strength) AS strength
    FROM user_events e
    GROUP BY e.visitor, e.item_id
),
items_of_one AS (
    SELECT e.item_id, max(e.ts) FILTER (e.strength IS NOT NULL) AS ts, max(e.strength) AS strength
    FROM query(CASE who WHEN 'session' THEN 'FROM session_events' ELSE 'FROM user_events' END) e
    GROUP BY e.item_id
),
aged_items_of_one AS (
    -- An item whose events count as nothing comes last, so that it makes no other item older.
    SELECT 1 AS visitor, t.item_id, t.ts, coalesce(t.strength, 0) AS strength,
           dense_rank() OVER (ORDER BY t.strength IS NULL, t.ts DESC NULLS LAST) - 1 AS age,
           row_number() OVER (ORDER BY t.strength IS NULL, t.ts DESC NULLS LAST, t.item_id) AS position
    FROM items_of_one t
),
aged_items_of_many AS (
    SELECT t.visitor, t.item_id, t.ts, coalesce(t.strength, 0) AS strength,
           dense_rank() OVER (PARTITION BY t.visitor ORDER BY t.strength IS NULL, t.ts DESC NULLS LAST) - 1 AS age,
           row_number() OVER (
               PARTITION BY t.visitor ORDER BY t.strength IS NULL, t.ts DESC NULLS LAST, t.item_id
           ) AS position
    FROM items_of_many t
),
histories_of_one AS (
    SELECT v.*, a.item_id, a.ts, a.strength, a.age, a.position, 1 AS edge_share
    FROM visitors v
    LEFT JOIN aged_items_of_one a ON true
),
histories_of_many AS (
    SELECT v.*, a.item_id, a.ts, a.strength, a.age, a.position, 1 AS edge_share
    FROM visitors v
    LEFT JOIN aged_items_of_many a ON a.visitor = v.visitor
),
full_share AS (
    FROM query(CASE WHEN who IN ('user', 'session') THEN 'FROM histories_of_one' ELSE 'FROM histories_of_many' END)
),
share_beside_vectors AS (
    SELECT f.* REPLACE (CASE
        WHEN d.as_of IS NULL OR (f.ts > d.as_of AND mmsql._is_past(f.ts)) THEN 1
        ELSE f.edge_weight
    END AS edge_share)
    FROM full_share f
    LEFT JOIN vector_dates d ON d.visitor = f.visitor
)
SELECT h.visitor, h.user_id, h.item_id, h.ts, h.strength,
       CASE WHEN h.position > h.history_length OR pow(h.decay, h.age) < mmsql._min_decay_weight() THEN 0
            ELSE pow(h.decay, h.age) * h.edge_share END * h.strength AS weight,
       h.model, h.algorithm, h.edge_weight, h.vector_weight
FROM query(CASE WHEN mmsql._model_has('user_vectors') THEN 'FROM share_beside_vectors' ELSE 'FROM full_share' END) h;
