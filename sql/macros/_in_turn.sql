-- The lists of _ranked for many users, some at a time, so that what is in memory at once, but for the lists themselves, does
-- not grow with the users. How many scores a user has is taken to be the catalog for a model with user vectors, and else
-- what 20 items lead to and 200 more.
--
-- Parameters
--   at_once    how many scores may be in memory, about; sixteen users at least
--   users      a list of user ids as VARCHAR; NULL for every user with an event
--   the others as of _ranked
-- Returns
--   user_id, rank, item_id, title, score, source
CREATE MACRO mmsql._in_turn(
    at_once, users, k, exclude_seen, exclude_events, category, brand, min_price, max_price, only_available, per_category,
    per_brand, candidates, diversity
) AS TABLE
WITH RECURSIVE asked AS (
    SELECT DISTINCT CAST(u.user_id AS VARCHAR) AS user_id
    FROM (
        SELECT unnest(users) AS user_id
        UNION ALL
        SELECT CAST(i.user_id AS VARCHAR) AS user_id FROM mmsql.interactions i WHERE users IS NULL AND i.user_id IS NOT NULL
    ) u
),
queued AS MATERIALIZED (
    SELECT a.user_id, (row_number() OVER () - 1) // CAST(greatest(16, at_once // greatest(r.scores, 1)) AS BIGINT) AS turn
    FROM asked a
    CROSS JOIN (
        SELECT CASE WHEN mmsql._serves('user_vectors') THEN count(*)
                    ELSE least(count(*), CAST(coalesce(20 * avg(len(c.neighbors)), 0) + 200 AS BIGINT)) END AS scores
        FROM mmsql.serving c
    ) r
),
ranked AS (
    SELECT CAST(-1 AS BIGINT) AS turn, d.no_user AS user_id, CAST(NULL AS INTEGER) AS rank, d.no_item AS item_id,
           CAST(NULL AS VARCHAR) AS title, CAST(NULL AS DOUBLE) AS score, CAST(NULL AS VARCHAR) AS source
    FROM mmsql._deployed() d
    WHERE error(mmsql._wrong_filter(min_price, max_price, only_available, exclude_seen)) IS NULL
    UNION ALL
    SELECT t.turn, r.user_id, r.rank, r.item_id, r.title, r.score, r.source
    FROM (SELECT max(x.turn) + 1 AS turn FROM ranked x) t
    LEFT JOIN mmsql._ranked(
        'users',
        (SELECT list(q.user_id) FROM queued q WHERE q.turn = (SELECT max(x.turn) + 1 FROM ranked x)),
        NULL, k, exclude_seen, exclude_events, category, brand, min_price, max_price, only_available, per_category, per_brand,
        candidates, diversity
    ) r ON true
    WHERE t.turn <= (SELECT max(q.turn) FROM queued q)
)
SELECT r.user_id, r.rank, r.item_id, r.title, r.score, r.source FROM ranked r WHERE r.rank IS NOT NULL;
