-- The distance between the current interactions and those that a model was trained on, to decide when to train again.
--
-- Parameters
--   model          a model of the file; NULL for the deployed one
-- Returns
--   measure        VARCHAR, in this order:
--                    new_events, share of the current pairs of user and item that training did not have;
--                    new_users, how many more users there are now than in training, as a share of the current users;
--                    new_items, share of the current pairs with an item that is not in the model's catalog;
--                    popularity_psi, population stability index of the new events over tenths of the training
--                      events, by the popularity of the item;
--                    category_psi, the same over categories;
--                    category_divergence, Jensen-Shannon divergence over categories, in bits;
--                    item_divergence, the same over items;
--                    vector_shift, 1 - cosine of the mean item vector of the new events and of the training events
--   value          DOUBLE; NULL if there is nothing to compare
--   chance         DOUBLE: the expected psi or divergence without drift, from the number of events alone
--   level          VARCHAR: none, some or strong, by value - chance. some starts at the first number, strong at the
--                  second: new_events, new_users and new_items 0.1, 0.25; psi 0.1, 0.25 (the usual limits); divergences
--                  0.05, 0.15; vector_shift 0.05, 0.2. If the level is strong, run CALL refresh()
--   events         BIGINT, the number of new pairs that the measure is computed from
-- Source
--   The new events of an item are its current count minus its count in training, so that the time of training is not
--   needed; deleted events are not counted. psi = sum (p - q) ln(p / q). p is the share of a group (a tenth, a category
--   or an item) of the new events, q its share of the training events. A group without events counts as half an event.
--   The chance is (b - 1) (1/n + 1/m), for b groups, n training events and m new events. Siddiqi, Credit Risk
--   Scorecards, 2006; Yurdakul, Statistical properties of population stability index, 2018.
--   JSD = H((p + q) / 2) - (H(p) + H(q)) / 2: Lin, Divergence measures based on the Shannon entropy, IEEE IT 37(1), 1991;
--   its chance is (b - 1) (1/n + 1/m) / (8 ln 2).
-- Example
--   FROM mmsql.drift();
CREATE MACRO mmsql.drift(model := NULL) AS TABLE
WITH chosen AS MATERIALIZED (
    SELECT n.name AS model, m.users
    FROM (SELECT coalesce(CAST(model AS VARCHAR), mmsql._deployed_model()) AS name) n
    LEFT JOIN mmsql.models m ON m.model = n.name
    WHERE CASE
        WHEN n.name IS NULL THEN error('No model is deployed in this file. Run CALL train() or `mmsql train` on it.')
        WHEN NOT EXISTS (SELECT 1 FROM mmsql.catalog c WHERE c.model = n.name)
            THEN error('There is no catalog of the model ' || n.name || ' in this file. It has: ' || coalesce(
                (SELECT string_agg(DISTINCT c.model, ', ' ORDER BY c.model) FROM mmsql.catalog c), 'none') || '.')
        ELSE true END
),
pairs AS MATERIALIZED (
    SELECT DISTINCT i.user_id, i.item_id
    FROM mmsql.interactions i
    WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL AND mmsql._counts(i.weight)
),
current_counts AS (
    SELECT p.item_id, count(*) AS events FROM pairs p GROUP BY p.item_id
),
training_counts AS (
    -- The ids of the model may have another type than the current ones.
    SELECT TRY(cast_to_type(c.item_id, t.item_id)) AS item_id, c.events
    FROM mmsql.catalog c
    JOIN chosen m ON m.model = c.model
    LEFT JOIN (SELECT i.item_id FROM mmsql.interactions i LIMIT 0) t ON true
),
items AS MATERIALIZED (
    -- Not a full join: LATERAL does not take it.
    SELECT t.item_id, t.events AS before, greatest(coalesce(d.events, 0) - t.events, 0) AS since,
           coalesce(d.events, 0) AS now, t.item_id IS NULL AS is_new
    FROM training_counts t
    LEFT JOIN current_counts d ON d.item_id = t.item_id
    UNION ALL
    SELECT d.item_id, 0 AS before, d.events AS since, d.events AS now, true AS is_new
    FROM current_counts d
    LEFT JOIN training_counts t ON t.item_id = d.item_id
    WHERE t.item_id IS NULL
),
popularity_tenths AS (
    SELECT i.since, i.before, CASE WHEN i.before = 0 THEN 10 ELSE floor(10 * (
               sum(i.before) OVER (ORDER BY i.before DESC, i.item_id ROWS UNBOUNDED PRECEDING) - i.before
           ) / sum(i.before) OVER ()) END AS part
    FROM items i
),
group_counts AS (
    SELECT 'popularity' AS kind, CAST(t.part AS VARCHAR) AS part, sum(t.before) AS before, sum(t.since) AS since
    FROM popularity_tenths t
    GROUP BY t.part
    UNION ALL
    SELECT 'category', c.category, sum(i.before), sum(i.since)
    FROM items i
    JOIN (
        SELECT x.item_id, any_value(trim(CAST(x.category AS VARCHAR))) AS category
        FROM mmsql.items x
        WHERE trim(CAST(x.category AS VARCHAR)) <> ''
        GROUP BY x.item_id
    ) c ON c.item_id = i.item_id
    GROUP BY c.category
    UNION ALL
    SELECT 'item', CAST(i.item_id AS VARCHAR), i.before, i.since FROM items i
),
shares AS (
    SELECT p.kind, p.before / sum(p.before) OVER kinds AS q, p.since / sum(p.since) OVER kinds AS p,
           greatest(p.before, 0.5) / sum(p.before) OVER kinds AS smoothed_q,
           greatest(p.since, 0.5) / sum(p.since) OVER kinds AS smoothed_p,
           sum(p.before) OVER kinds AS events_before, sum(p.since) OVER kinds AS events_since
    FROM group_counts p
    WHERE p.before + p.since > 0
    WINDOW kinds AS (PARTITION BY p.kind)
),
distances AS (
    SELECT s.kind, CAST(any_value(s.events_since) AS BIGINT) AS events,
           sum((s.smoothed_p - s.smoothed_q) * ln(s.smoothed_p / s.smoothed_q)) AS psi,
           sum(coalesce(s.p * log2(nullif(s.p, 0) / ((s.p + s.q) / 2)), 0)
               + coalesce(s.q * log2(nullif(s.q, 0) / ((s.p + s.q) / 2)), 0)) / 2 AS divergence,
           (count(*) - 1) * (1 / any_value(s.events_before) + 1 / any_value(s.events_since)) AS chance
    FROM shares s
    WHERE s.events_since > 0 AND s.events_before > 0
    GROUP BY s.kind
),
directions AS (
    SELECT v.position, sum(v.number * v.before) AS before, sum(v.number * v.since) AS since
    FROM (
        SELECT i.before, i.since, unnest(v.vector) AS number, generate_subscripts(v.vector, 1) AS position
        FROM items i
        JOIN mmsql.item_vectors v ON v.item_id = i.item_id AND v.modality = 'fused'
        JOIN chosen m ON m.model = v.model
        WHERE i.before + i.since > 0
    ) v
    GROUP BY v.position
),
shift AS (
    SELECT 1 - sum(d.before * d.since) / nullif(sqrt(sum(d.before * d.before)) * sqrt(sum(d.since * d.since)), 0) AS value
    FROM directions d
),
counts AS (
    SELECT CAST(sum(i.since) AS BIGINT) AS since, sum(i.now) AS now,
           CAST(coalesce(sum(i.now) FILTER (WHERE i.is_new), 0) AS BIGINT) AS of_new_items,
           (SELECT count(DISTINCT p.user_id) FROM pairs p) AS users, (SELECT m.users FROM chosen m) AS users_before
    FROM items i
),
measures AS (
    SELECT unnest([
        {'position': 1, 'measure': 'new_events', 'value': c.since / nullif(c.now, 0), 'events': c.since},
        {'position': 2, 'measure': 'new_users',
         'value': greatest(c.users - c.users_before, 0) / nullif(c.users, 0), 'events': c.since},
        {'position': 3, 'measure': 'new_items', 'value': c.of_new_items / nullif(c.now, 0), 'events': c.of_new_items}
    ], recursive := true), CAST(NULL AS DOUBLE) AS chance, 0.1 AS some, 0.25 AS strong
    FROM counts c
    UNION ALL
    SELECT n.position, n.measure, CASE n.method WHEN 'psi' THEN d.psi ELSE d.divergence END, coalesce(d.events, 0),
           CASE n.method WHEN 'psi' THEN d.chance ELSE d.chance / (8 * ln(2)) END,
           CASE n.method WHEN 'psi' THEN 0.1 ELSE 0.05 END, CASE n.method WHEN 'psi' THEN 0.25 ELSE 0.15 END
    FROM (VALUES (4, 'popularity_psi', 'popularity', 'psi'), (5, 'category_psi', 'category', 'psi'),
                 (6, 'category_divergence', 'category', 'divergence'), (7, 'item_divergence', 'item', 'divergence')
         ) n(position, measure, kind, method)
    LEFT JOIN distances d ON d.kind = n.kind
    UNION ALL
    SELECT 8, 'vector_shift', s.value, c.since, NULL, 0.05, 0.2 FROM shift s CROSS JOIN counts c
)
SELECT m.measure AS measure, m.value AS value, m.chance AS chance,
       CASE WHEN m.value - coalesce(m.chance, 0) >= m.strong THEN 'strong'
            WHEN m.value - coalesce(m.chance, 0) >= m.some THEN 'some'
            WHEN m.value IS NOT NULL THEN 'none' END AS level,
       m.events AS events
FROM measures m
ORDER BY m.position;
