-- What if the user's history were another: how the list changes when items are taken out of it or added to it.
--
-- Before and after are ranked as recommend ranks: where nothing is removed, before is its list, and after is the list
-- that it would give once the events are there. Nothing is trained again: edges, item vectors and popularity stay as they
-- are. The vector that a deep model has of a user cannot be computed in SQL. Added items speak through edges beside it, as
-- new events do until the next refresh; items that it knows cannot be taken out of it, so that where one is removed, both
-- lists are made without it, with edges in its place, as recommend serves users without a vector.
--
-- Parameters
--   target_user      a user id
--   k                how many items the lists have, at least 1
--   remove           a list of items of the history, whose events are taken not to have been; they may be recommended then
--   add              a list of items, oldest first, taken to be newer than all events; they count as events of weight 1
-- Returns
--   item_id          an item of either list
--   title            VARCHAR
--   rank_before      INTEGER; beyond k where it enters; NULL where it could not be recommended, being in the history, or is
--                    not among the first 1000, or 10 · k if that is more
--   rank_after       INTEGER, likewise
--   score_before     DOUBLE
--   score_after      DOUBLE
--   change           VARCHAR: entered, left, up, down or same
-- Source
--   Counterfactual explanation by removing actions: Ghazimatin et al., PRINCE, WSDM 2020.
-- Example
--   FROM mmsql.what_if('U0001', k := 5, add := ['P0001']);
CREATE MACRO mmsql.what_if(target_user, k := 10, remove := [], add := []) AS TABLE
WITH removed AS MATERIALIZED (
    SELECT DISTINCT unnest(TRY_CAST(remove AS VARCHAR[])) AS item_id
),
added AS MATERIALIZED (
    SELECT unnest(TRY_CAST(add AS VARCHAR[])) AS item_id, generate_subscripts(TRY_CAST(add AS VARCHAR[]), 1) AS place
),
past AS MATERIALIZED (
    SELECT h.user_id, h.item_id, CAST(h.ts AS TIMESTAMP) AS ts, h.strength, r.item_id IS NOT NULL AS gone, v.as_of,
           h.vector_weight <> 0 AND v.user_id IS NOT NULL AND (h.ts > v.as_of) IS NOT TRUE AND gone AS unlearned
    FROM mmsql._history('users', [target_user], NULL) h
    LEFT JOIN removed r ON r.item_id = CAST(h.item_id AS VARCHAR)
    LEFT JOIN mmsql.user_vectors v ON v.model = h.model AND v.user_id = h.user_id
    WHERE CASE
        WHEN error(mmsql._wrong_length(k)) IS NOT NULL THEN NULL
        WHEN remove IS NOT NULL AND TRY_CAST(remove AS VARCHAR[]) IS NULL
            THEN error('remove must be a list of items of the history, ' || CAST(remove AS VARCHAR)
                       || ' was given. Type remove := [''P0001''].')
        WHEN add IS NOT NULL AND TRY_CAST(add AS VARCHAR[]) IS NULL
            THEN error('add must be a list of items, oldest first; ' || CAST(add AS VARCHAR)
                       || ' was given. Type add := [''P0001''].')
        ELSE true
    END
),
-- Joins of aggregates from here on, and columns for parameters: before DuckDB 2.0, neither subqueries among the columns
-- nor full joins can stand under LATERAL.
person AS MATERIALIZED (
    SELECT {
        'user_id': CASE WHEN NOT bool_or(p.unlearned) THEN CAST(any_value(p.user_id) AS VARCHAR) END,
        'item_id': CAST(NULL AS VARCHAR), 'ts': CAST(NULL AS TIMESTAMP), 'strength': CAST(NULL AS DOUBLE)
    } AS entry, greatest(max(p.ts), max(p.as_of), TIMESTAMP '1970-01-01') AS ts,
    list(e.entry) AS had, list(e.entry) FILTER (NOT p.gone) AS kept
    FROM past p
    CROSS JOIN LATERAL (
        SELECT {'user_id': CAST(NULL AS VARCHAR), 'item_id': CAST(p.item_id AS VARCHAR), 'ts': p.ts,
                'strength': p.strength} AS entry
    ) e
),
news AS MATERIALIZED (
    SELECT list({'user_id': CAST(NULL AS VARCHAR), 'item_id': a.item_id, 'ts': o.ts + to_seconds(a.place),
                 'strength': 1.0}) AS entries,
           string_agg(a.item_id, ', ' ORDER BY a.place) FILTER (c.item_id IS NULL) AS unknown
    FROM added a
    CROSS JOIN person o
    LEFT JOIN (SELECT DISTINCT CAST(v.item_id AS VARCHAR) AS item_id FROM mmsql.serving v) c ON c.item_id = a.item_id
),
missing AS MATERIALIZED (
    SELECT string_agg(r.item_id, ', ' ORDER BY r.item_id) FILTER (p.item_id IS NULL) AS strangers
    FROM removed r
    LEFT JOIN (SELECT DISTINCT CAST(h.item_id AS VARCHAR) AS item_id FROM past h) p ON p.item_id = r.item_id
),
imagined AS MATERIALIZED (
    SELECT [o.entry] || coalesce(o.had, []) AS before,
           [o.entry] || coalesce(o.kept, []) || coalesce(n.entries, []) AS after
    FROM person o
    CROSS JOIN news n
    CROSS JOIN missing m
    WHERE CASE
        WHEN m.strangers IS NOT NULL
            THEN error('remove names what is not in the history of ' || coalesce(CAST(target_user AS VARCHAR), 'NULL') || ': '
                       || m.strangers || '. Name items of mmsql.interactions of this user.')
        WHEN n.unknown IS NOT NULL
            THEN error('add names what the model does not know: ' || n.unknown || '. Name items of its catalog.')
        ELSE true
    END
),
listed AS (
    SELECT r.item_id, r.title, r.rank, r.score, h.is_later
    FROM (
        SELECT i.before AS history, false AS is_later FROM imagined i
        UNION ALL
        SELECT i.after AS history, true AS is_later FROM imagined i
    ) h
    CROSS JOIN LATERAL (
        FROM mmsql.recommend_session(h.history, k := greatest(1000, 10 * coalesce(mmsql._whole(k), 10)))
    ) r
),
both_lists AS (
    SELECT x.item_id, any_value(x.title) AS title, max(x.rank) FILTER (NOT x.is_later) AS rank_before,
           max(x.rank) FILTER (x.is_later) AS rank_after, max(x.score) FILTER (NOT x.is_later) AS score_before,
           max(x.score) FILTER (x.is_later) AS score_after
    FROM listed x
    GROUP BY x.item_id
)
SELECT b.item_id, b.title, b.rank_before, b.rank_after, b.score_before, b.score_after,
       CASE WHEN (b.rank_before <= coalesce(mmsql._whole(k), 10)) IS NOT TRUE THEN 'entered'
            WHEN (b.rank_after <= coalesce(mmsql._whole(k), 10)) IS NOT TRUE THEN 'left'
            WHEN b.rank_after < b.rank_before THEN 'up'
            WHEN b.rank_after > b.rank_before THEN 'down'
            ELSE 'same' END AS change
FROM both_lists b
WHERE b.rank_before <= coalesce(mmsql._whole(k), 10) OR b.rank_after <= coalesce(mmsql._whole(k), 10)
ORDER BY b.rank_after NULLS LAST, b.rank_before;
