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
--   rank_before      INTEGER; beyond k where it enters; NULL where it could not be recommended, being in the history
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
    SELECT DISTINCT CAST(unnest(coalesce(remove, [])) AS VARCHAR) AS item_id
),
added AS MATERIALIZED (
    SELECT CAST(unnest(coalesce(add, [])) AS VARCHAR) AS item_id, generate_subscripts(coalesce(add, []), 1) AS place
),
past AS MATERIALIZED (
    SELECT h.user_id, h.item_id, CAST(h.ts AS TIMESTAMP) AS ts, h.strength, r.item_id IS NOT NULL AS gone, v.as_of,
           h.vector_weight <> 0 AND v.user_id IS NOT NULL AND (h.ts > v.as_of) IS NOT TRUE AND gone AS unlearned
    FROM mmsql._history([target_user], NULL) h
    LEFT JOIN removed r ON r.item_id = CAST(h.item_id AS VARCHAR)
    LEFT JOIN mmsql.user_vectors v ON v.model = h.model AND v.user_id = h.user_id
    WHERE CASE
        WHEN k < 1 OR k <> floor(k)
            THEN error('k must be a whole number of at least 1, ' || CAST(k AS VARCHAR) || ' was given.')
        ELSE true
    END
),
person AS MATERIALIZED (
    SELECT {
        'user_id': CASE WHEN NOT bool_or(p.unlearned) THEN CAST(any_value(p.user_id) AS VARCHAR) END,
        'item_id': CAST(NULL AS VARCHAR), 'ts': CAST(NULL AS TIMESTAMP), 'strength': CAST(NULL AS DOUBLE)
    } AS entry, greatest(max(p.ts), max(p.as_of), TIMESTAMP '1970-01-01') AS ts
    FROM past p
),
imagined AS MATERIALIZED (
    SELECT [o.entry] || coalesce((
               SELECT list({'user_id': NULL, 'item_id': CAST(p.item_id AS VARCHAR), 'ts': p.ts, 'strength': p.strength})
               FROM past p
           ), []) AS before,
           [o.entry] || coalesce((
               SELECT list({'user_id': NULL, 'item_id': CAST(p.item_id AS VARCHAR), 'ts': p.ts, 'strength': p.strength})
               FROM past p
               WHERE NOT p.gone
           ), []) || coalesce((
               SELECT list({'user_id': NULL, 'item_id': a.item_id, 'ts': o.ts + to_seconds(a.place), 'strength': 1.0})
               FROM added a
           ), []) AS after
    FROM person o
    CROSS JOIN (
        SELECT (SELECT string_agg(r.item_id, ', ' ORDER BY r.item_id) FROM removed r
                WHERE r.item_id NOT IN (SELECT CAST(p.item_id AS VARCHAR) FROM past p WHERE p.item_id IS NOT NULL)
               ) AS strangers,
               (SELECT string_agg(a.item_id, ', ' ORDER BY a.place) FROM added a
                WHERE a.item_id NOT IN (SELECT CAST(c.item_id AS VARCHAR) FROM mmsql.serving c)) AS unknown
    ) x
    WHERE CASE
        WHEN x.strangers IS NOT NULL
            THEN error('remove names what is not in the history of ' || coalesce(CAST(target_user AS VARCHAR), 'NULL') || ': '
                       || x.strangers || '. Name items of mmsql.interactions of this user.')
        WHEN x.unknown IS NOT NULL
            THEN error('add names what the model does not know: ' || x.unknown || '. Name items of its catalog.')
        ELSE true
    END
),
earlier AS MATERIALIZED (
    FROM mmsql.recommend_session((SELECT i.before FROM imagined i), k := 1000000000000)
),
later AS MATERIALIZED (
    FROM mmsql.recommend_session((SELECT i.after FROM imagined i), k := 1000000000000)
)
SELECT coalesce(l.item_id, e.item_id) AS item_id, coalesce(l.title, e.title) AS title, e.rank AS rank_before,
       l.rank AS rank_after, e.score AS score_before, l.score AS score_after,
       CASE WHEN (e.rank <= coalesce(k, 10)) IS NOT TRUE THEN 'entered'
            WHEN (l.rank <= coalesce(k, 10)) IS NOT TRUE THEN 'left'
            WHEN l.rank < e.rank THEN 'up'
            WHEN l.rank > e.rank THEN 'down'
            ELSE 'same' END AS change
FROM earlier e
FULL JOIN later l ON l.item_id = e.item_id
WHERE e.rank <= coalesce(k, 10) OR l.rank <= coalesce(k, 10)
ORDER BY l.rank NULLS LAST, e.rank;
