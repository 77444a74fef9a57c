-- How a user's list changes if items are added to the history or removed from it.
--
-- Both lists are ranked like those of recommend. If nothing is removed, the list before is that of recommend; the list
-- after is the one that recommend would return once the events exist. Nothing is trained again: edges, item vectors and
-- popularity stay. A user's vector cannot be computed in SQL. So added items count through their edges, as new events
-- do until the next refresh. A user's vector cannot forget an item. If you remove an item that the vector was computed
-- with, both lists are ranked by edges only, like those of users without a vector.
--
-- Parameters
--   target_user      a user id
--   k                number of items of the lists, at least 1
--   remove           a list of items of the history, at most 1000, to rank without their events; they may then be
--                    recommended
--   add              a list of items, at most 1000, oldest first. They count as newer than all events, with weight 1 each;
--                    an item counts once
-- Returns
--   item_id          an item of either list
--   title            VARCHAR
--   rank_before      INTEGER, above k for an item that enters the list. NULL for an item of the history, and for an
--                    item that is not among the first 1000 (or 10 · k, if that is larger)
--   rank_after       INTEGER, the same for the list after
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
    SELECT e.item_id, max(e.position) AS position
    FROM (
        SELECT unnest(TRY_CAST(add AS VARCHAR[])) AS item_id,
               generate_subscripts(TRY_CAST(add AS VARCHAR[]), 1) AS position
    ) e
    GROUP BY e.item_id
),
history AS MATERIALIZED (
    SELECT h.user_id, h.item_id, CAST(h.ts AS TIMESTAMP) AS ts, h.strength, r.item_id IS NOT NULL AS is_removed, v.as_of,
           h.vector_weight <> 0 AND v.user_id IS NOT NULL AND (h.ts > v.as_of) IS NOT TRUE AND is_removed AS is_removed_from_vector
    FROM mmsql._history('users', [target_user], NULL) h
    LEFT JOIN removed r ON r.item_id = CAST(h.item_id AS VARCHAR)
    LEFT JOIN mmsql.user_vectors v ON v.model = h.model AND v.user_id = h.user_id
    WHERE CASE
        WHEN error(mmsql._length_error(k)) IS NOT NULL THEN NULL
        WHEN remove IS NOT NULL AND TRY_CAST(remove AS VARCHAR[]) IS NULL
            THEN error('remove must be a list of items of the history, ' || CAST(remove AS VARCHAR)
                       || ' was given. Type remove := [''P0001''].')
        WHEN add IS NOT NULL AND TRY_CAST(add AS VARCHAR[]) IS NULL
            THEN error('add must be a list of items, oldest first; ' || CAST(add AS VARCHAR)
                       || ' was given. Type add := [''P0001''].')
        WHEN greatest(len(TRY_CAST(remove AS VARCHAR[])), len(TRY_CAST(add AS VARCHAR[]))) > mmsql._max_changes()
            THEN error('add and remove take at most ' || mmsql._max_changes() || ' items each, '
                       || greatest(len(TRY_CAST(remove AS VARCHAR[])), len(TRY_CAST(add AS VARCHAR[])))
                       || ' were given. Name those that matter.')
        ELSE true
    END
),
-- From here on joins of aggregates, and columns in place of parameters: before DuckDB 2.0, LATERAL takes neither subqueries
-- in the select list nor full joins.
original AS MATERIALIZED (
    SELECT {
        'user_id': CASE WHEN NOT bool_or(p.is_removed_from_vector) THEN CAST(any_value(p.user_id) AS VARCHAR) END,
        'item_id': CAST(NULL AS VARCHAR), 'ts': CAST(NULL AS TIMESTAMP), 'strength': CAST(NULL AS DOUBLE)
    } AS entry, greatest(max(p.ts), max(p.as_of), TIMESTAMP '1970-01-01') AS ts,
    list(e.entry) AS entries, list(e.entry) FILTER (NOT p.is_removed) AS remaining
    FROM history p
    CROSS JOIN LATERAL (
        SELECT {'user_id': CAST(NULL AS VARCHAR), 'item_id': CAST(p.item_id AS VARCHAR), 'ts': p.ts,
                'strength': p.strength} AS entry
    ) e
),
new_entries AS MATERIALIZED (
    SELECT list({'user_id': CAST(NULL AS VARCHAR), 'item_id': a.item_id, 'ts': o.ts + to_seconds(a.position),
                 'strength': 1.0}) AS entries,
           array_to_string(list(a.item_id ORDER BY a.position) FILTER (c.item_id IS NULL)[:10], ', ') AS unknown
    FROM added a
    CROSS JOIN original o
    LEFT JOIN (SELECT DISTINCT CAST(v.item_id AS VARCHAR) AS item_id FROM mmsql.serving v) c ON c.item_id = a.item_id
),
not_in_history AS MATERIALIZED (
    SELECT array_to_string(list(r.item_id ORDER BY r.item_id) FILTER (p.item_id IS NULL)[:10], ', ') AS item_ids
    FROM removed r
    LEFT JOIN (SELECT DISTINCT CAST(h.item_id AS VARCHAR) AS item_id FROM history h) p ON p.item_id = r.item_id
),
histories AS MATERIALIZED (
    SELECT [o.entry] || coalesce(o.entries, []) AS before,
           [o.entry] || coalesce(o.remaining, []) || coalesce(n.entries, []) AS after
    FROM original o
    CROSS JOIN new_entries n
    CROSS JOIN not_in_history m
    WHERE CASE
        WHEN m.item_ids IS NOT NULL
            THEN error('remove names items that are not in the history of ' || coalesce(CAST(target_user AS VARCHAR), 'NULL') || ': '
                       || m.item_ids || '. Name items of mmsql.interactions of this user.')
        WHEN n.unknown IS NOT NULL
            THEN error('add names items that the model does not know: ' || n.unknown || '. Name items of its catalog.')
        ELSE true
    END
),
lists AS (
    SELECT r.item_id, r.title, r.rank, r.score, h.is_later
    FROM (
        SELECT i.before AS history, false AS is_later FROM histories i
        UNION ALL
        SELECT i.after AS history, true AS is_later FROM histories i
    ) h
    CROSS JOIN LATERAL (
        FROM mmsql.recommend_session(h.history, k := greatest(1000, 10 * coalesce(mmsql._positive_integer(k), 10)))
    ) r
),
both_lists AS (
    SELECT x.item_id, any_value(x.title) AS title, max(x.rank) FILTER (NOT x.is_later) AS rank_before,
           max(x.rank) FILTER (x.is_later) AS rank_after, max(x.score) FILTER (NOT x.is_later) AS score_before,
           max(x.score) FILTER (x.is_later) AS score_after
    FROM lists x
    GROUP BY x.item_id
)
SELECT b.item_id, b.title, b.rank_before, b.rank_after, b.score_before, b.score_after,
       CASE WHEN (b.rank_before <= coalesce(mmsql._positive_integer(k), 10)) IS NOT TRUE THEN 'entered'
            WHEN (b.rank_after <= coalesce(mmsql._positive_integer(k), 10)) IS NOT TRUE THEN 'left'
            WHEN b.rank_after < b.rank_before THEN 'up'
            WHEN b.rank_after > b.rank_before THEN 'down'
            ELSE 'same' END AS change
FROM both_lists b
WHERE b.rank_before <= coalesce(mmsql._positive_integer(k), 10) OR b.rank_after <= coalesce(mmsql._positive_integer(k), 10)
ORDER BY b.rank_after NULLS LAST, b.rank_before;
