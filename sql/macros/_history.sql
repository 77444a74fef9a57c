-- What speaks for each visitor: the distinct items of the history, newest with the most weight.
-- A visitor without history has one row, without an item.
--
-- Parameters
--   who        'user', 'users', 'session' or 'everybody', as a constant: it decides which of the two others is read
--   users      a list of user ids, of one for 'user'
--   session    a list of item ids, oldest first, of one anonymous visitor. Or of structs, item_id, ts and strength, and
--              in the first, user_id: what a visitor, who may be a known user, is taken to have
-- Returns
--   visitor    BIGINT, a number for each user asked for
--   user_id    the user, in the type of interactions; NULL for a session, or an id that cannot be one
--   item_id    an item of the history
--   ts         the latest moment of it
--   strength   DOUBLE, the weight of the strongest type of event
--   weight     strength · decay^age · share: age counts the moments since, share is edge_weight for what the user's
--              vector already knows, and for what is dated more than a day ahead, else 1; 0 beyond the latest
--              history_length items, and where decay^age is below a millionth
--   model, algorithm, edge_weight, vector_weight    of the model that serves
CREATE MACRO mmsql._history(who, users, session) AS TABLE
WITH one AS (
    SELECT 1 AS visitor, TRY(cast_to_type(g.user_id, d.no_user)) AS user_id, d.*
    FROM (SELECT users[1] AS user_id) g
    CROSS JOIN mmsql._deployed() d
),
named AS (
    SELECT row_number() OVER () AS visitor, TRY(cast_to_type(g.user_id, d.no_user)) AS user_id, d.*
    FROM (SELECT DISTINCT unnest(users) AS user_id) g
    CROSS JOIN mmsql._deployed() d
),
anonymous AS (
    SELECT 1 AS visitor, TRY(cast_to_type(g.user_id, d.no_user)) AS user_id, d.*
    FROM (SELECT to_json(session) ->> '$[0].user_id' AS user_id) g
    CROSS JOIN mmsql._deployed() d
),
everybody AS (
    SELECT row_number() OVER () AS visitor, g.user_id, d.*
    FROM (SELECT DISTINCT i.user_id FROM mmsql.interactions i WHERE i.user_id IS NOT NULL) g
    CROSS JOIN mmsql._deployed() d
),
many AS MATERIALIZED (
    FROM query(CASE who WHEN 'users' THEN 'FROM named' ELSE 'FROM everybody' END)
),
asked AS (
    -- Many are numbered, which happens once; one is found again more quickly than kept.
    FROM query(CASE who WHEN 'user' THEN 'FROM one' WHEN 'session' THEN 'FROM anonymous' ELSE 'FROM many' END)
),
events AS (
    SELECT a.visitor, i.item_id, i.ts,
           coalesce(a.event_weights[coalesce(CAST(i.event AS VARCHAR), '')], 1) AS strength
    FROM asked a
    JOIN mmsql.interactions i ON i.user_id = a.user_id
    WHERE i.item_id IS NOT NULL
),
items AS (
    SELECT 1 AS visitor, TRY(cast_to_type(s.item_id, d.no_item)) AS item_id, s.ts, s.strength
    FROM (
        -- As JSON, since a macro has no types: an entry may be an id or a struct.
        SELECT CASE WHEN j.entry ^@ '{' THEN j.entry ->> '$.item_id' ELSE j.entry ->> '$' END AS item_id,
               CASE WHEN j.entry ^@ '{' THEN CAST(j.entry ->> '$.ts' AS TIMESTAMP)
                    ELSE TIMESTAMP '1970-01-01' + to_seconds(j.place) END AS ts,
               CASE WHEN j.entry ^@ '{' THEN CAST(j.entry ->> '$.strength' AS DOUBLE) ELSE 1 END AS strength
        FROM (SELECT to_json(unnest(session)) AS entry, generate_subscripts(session, 1) AS place) j
    ) s
    CROSS JOIN mmsql._deployed() d
    WHERE s.item_id IS NOT NULL
),
learned AS (
    -- A query of its own: of a LEFT JOIN to user_vectors the planner expects as many rows as that has, and then reads
    -- all of serving.
    SELECT a.visitor, x.as_of FROM asked a JOIN mmsql.user_vectors x ON x.model = a.model AND x.user_id = a.user_id
),
aged AS (
    SELECT e.visitor, e.item_id, max(e.ts) AS ts, max(e.strength) AS strength,
           dense_rank() OVER (PARTITION BY e.visitor ORDER BY max(e.ts) DESC NULLS LAST) - 1 AS age,
           row_number() OVER (PARTITION BY e.visitor ORDER BY max(e.ts) DESC NULLS LAST, e.item_id) AS recency
    FROM query(CASE who WHEN 'session' THEN 'FROM items' ELSE 'FROM events' END) e
    GROUP BY e.visitor, e.item_id
),
heard AS (
    SELECT s.*, h.item_id, h.ts, h.strength, h.age, h.recency, 1 AS share
    FROM asked s
    LEFT JOIN aged h ON h.visitor = s.visitor
),
shared AS (
    SELECT h.* REPLACE (CASE
        WHEN v.as_of IS NULL OR (h.ts > v.as_of AND h.ts <= CAST(now() AS TIMESTAMP) + INTERVAL 1 DAY) THEN 1
        ELSE h.edge_weight
    END AS share)
    FROM heard h
    LEFT JOIN learned v ON v.visitor = h.visitor
)
SELECT h.visitor, h.user_id, h.item_id, h.ts, h.strength,
       CASE WHEN h.recency > h.history_length OR pow(h.decay, h.age) < 1e-6 THEN 0
            ELSE pow(h.decay, h.age) * h.share END * h.strength AS weight,
       h.model, h.algorithm, h.edge_weight, h.vector_weight
FROM query(CASE WHEN mmsql._serves('user_vectors') THEN 'FROM shared' ELSE 'FROM heard' END) h;
