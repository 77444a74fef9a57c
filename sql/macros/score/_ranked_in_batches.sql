-- The lists of _ranked for many users, in batches: the memory for scores does not grow with the number of users.
-- The size of a batch follows from an estimate of the scores per user: 20 times the mean number of neighbors of an item,
-- plus 200, and at most the number of items in the catalog. With user vectors, it is twice as many; for a long list and
-- for caps, it is the number of items.
--
-- Parameters
--   scores_in_memory  about how many scores a batch may have; a batch has at least 16 users
--   users             a list of user ids as VARCHAR; NULL for every user with an event
--   the others        as in _ranked
-- Returns
--   user_id, rank, item_id, title, score, source
CREATE MACRO mmsql._ranked_in_batches(
    scores_in_memory, users, k, exclude_seen, exclude_events, category, brand, min_price, max_price, only_available,
    per_category, per_brand, candidates, diversity
) AS TABLE
WITH RECURSIVE distinct_users AS (
    SELECT DISTINCT CAST(u.user_id AS VARCHAR) AS user_id
    FROM (
        SELECT unnest(users) AS user_id
        UNION ALL
        SELECT CAST(i.user_id AS VARCHAR) AS user_id FROM mmsql.interactions i WHERE users IS NULL AND i.user_id IS NOT NULL
    ) u
),
batches AS MATERIALIZED (
    SELECT u.user_id,
           (row_number() OVER () - 1) // CAST(greatest(16, scores_in_memory // greatest(e.scores, 1)) AS BIGINT) AS batch
    FROM distinct_users u
    CROSS JOIN (
        SELECT CASE WHEN mmsql._model_has('user_vectors') AND NOT mmsql._keeps_best(k, per_category, per_brand, diversity)
                        THEN count(*)
                    ELSE least(count(*), CAST(coalesce(20 * avg(len(s.neighbors)), 0) + 200 AS BIGINT))
                         * CASE WHEN mmsql._model_has('user_vectors') THEN 2 ELSE 1 END
               END AS scores
        FROM mmsql.serving s
    ) e
),
ranked AS (
    SELECT CAST(-1 AS BIGINT) AS batch, d.null_user_id AS user_id, CAST(NULL AS INTEGER) AS rank, d.null_item_id AS item_id,
           CAST(NULL AS VARCHAR) AS title, CAST(NULL AS DOUBLE) AS score, CAST(NULL AS VARCHAR) AS source
    FROM mmsql._deployed() d
    WHERE error(mmsql._list_error(k, per_category, per_brand, diversity)) IS NULL
      AND error(mmsql._filter_error(min_price, max_price, only_available, exclude_seen)) IS NULL
    UNION ALL
    SELECT n.batch, r.user_id, r.rank, r.item_id, r.title, r.score, r.source
    FROM (SELECT max(x.batch) + 1 AS batch FROM ranked x) n
    LEFT JOIN mmsql._ranked(
        'users',
        (SELECT list(b.user_id) FROM batches b WHERE b.batch = (SELECT max(x.batch) + 1 FROM ranked x)),
        NULL, k, exclude_seen, exclude_events, category, brand, min_price, max_price, only_available, per_category, per_brand,
        candidates, diversity
    ) r ON true
    WHERE n.batch <= (SELECT max(b.batch) FROM batches b)
)
SELECT r.user_id, r.rank, r.item_id, r.title, r.score, r.source FROM ranked r WHERE r.rank IS NOT NULL;
