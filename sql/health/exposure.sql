-- The exposure of each value of an attribute in the lists, compared with its share of interactions.
--
-- Parameters
--   attribute      a column of mmsql.items, such as 'brand', or of mmsql.users; if both have it, 'items.NAME' or
--                  'users.NAME'
--   k              length of the lists
--   model          a model of mmsql.recommendations; NULL for the deployed one
-- Returns
--   value          VARCHAR. If the value is itself a list, each of its entries counts. The category 'A > B' counts
--                  under 'A > B' and under 'A'. So the shares may add up to more than 1. Numbers with more than twelve
--                  distinct values form four ranges
--   members        BIGINT. For an attribute of items: items with the value. For an attribute of users: users with the
--                  value and a stored list
--   member_share   DOUBLE, members as a share of all items with any value, or of all users with any value and a list
--   interaction_share
--                  DOUBLE, of the distinct pairs of user and item in the current interactions
--   exposure_share DOUBLE, of the exposure in the lists
--   ratio          DOUBLE, exposure_share / interaction_share: above 1, the value has a larger share of the exposure
--                  than of the interactions
-- Source
--   The exposure of a rank is 1 / log2(1 + rank). For an attribute of users, it is the exposure in their lists.
--   Singh and Joachims, Fairness of exposure in rankings, KDD 2018. Rows without a value of the attribute do not
--   count.
-- Example
--   FROM mmsql.exposure('brand', k := 10);
CREATE MACRO mmsql.exposure(attribute, k := 10, model := NULL) AS TABLE
WITH groups AS MATERIALIZED (
    SELECT g.item_id, g.user_id, g.value
    FROM mmsql._attribute_groups(
        coalesce(CAST(attribute AS VARCHAR), error('exposure needs an attribute. Type exposure(''brand'').')), []
    ) g
),
lists AS MATERIALIZED (
    SELECT l.user_id, l.item_id, 1 / log2(1 + l.rank) AS exposure FROM mmsql._stored_lists(model, k) l
),
pairs AS MATERIALIZED (
    SELECT DISTINCT i.user_id, i.item_id
    FROM mmsql.interactions i
    WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL AND mmsql._counts(i.weight)
),
exposures AS (
    SELECT g.value, sum(l.exposure) AS exposure
    FROM groups g
    JOIN (SELECT x.item_id, sum(x.exposure) AS exposure FROM lists x GROUP BY x.item_id) l ON l.item_id = g.item_id
    GROUP BY g.value
    UNION ALL
    SELECT g.value, sum(l.exposure)
    FROM groups g
    JOIN (SELECT x.user_id, sum(x.exposure) AS exposure FROM lists x GROUP BY x.user_id) l ON l.user_id = g.user_id
    GROUP BY g.value
),
interactions AS (
    SELECT g.value, count(*) AS events FROM groups g JOIN pairs p ON p.item_id = g.item_id GROUP BY g.value
    UNION ALL
    SELECT g.value, count(*) FROM groups g JOIN pairs p ON p.user_id = g.user_id GROUP BY g.value
),
-- Joins from here on: before DuckDB 2.0, LATERAL does not take subqueries in the select list.
counted_members AS (
    SELECT g.item_id, g.user_id, g.value
    FROM groups g
    LEFT JOIN (SELECT DISTINCT l.user_id FROM lists l) s ON s.user_id = g.user_id
    WHERE g.item_id IS NOT NULL OR s.user_id IS NOT NULL
),
members AS (
    SELECT c.value, count(*) AS members FROM counted_members c GROUP BY c.value
),
grouped_items AS (
    SELECT DISTINCT g.item_id FROM groups g WHERE g.item_id IS NOT NULL
),
grouped_users AS (
    SELECT DISTINCT g.user_id FROM groups g WHERE g.user_id IS NOT NULL
),
totals AS (
    SELECT m.members, e.events, x.exposure
    FROM (SELECT count(DISTINCT c.item_id) + count(DISTINCT c.user_id) AS members FROM counted_members c) m
    CROSS JOIN (
        SELECT count(*) AS events
        FROM pairs p
        LEFT JOIN grouped_items i ON i.item_id = p.item_id
        LEFT JOIN grouped_users u ON u.user_id = p.user_id
        WHERE i.item_id IS NOT NULL OR u.user_id IS NOT NULL
    ) e
    CROSS JOIN (
        SELECT sum(l.exposure) AS exposure
        FROM lists l
        LEFT JOIN grouped_items i ON i.item_id = l.item_id
        LEFT JOIN grouped_users u ON u.user_id = l.user_id
        WHERE i.item_id IS NOT NULL OR u.user_id IS NOT NULL
    ) x
)
SELECT m.value AS value, m.members AS members, m.members / t.members AS member_share,
       coalesce(u.events, 0) / nullif(t.events, 0) AS interaction_share,
       coalesce(s.exposure, 0) / nullif(t.exposure, 0) AS exposure_share,
       coalesce(s.exposure, 0) / nullif(t.exposure, 0) / (nullif(u.events, 0) / nullif(t.events, 0)) AS ratio
FROM members m
CROSS JOIN totals t
LEFT JOIN exposures s ON s.value = m.value
LEFT JOIN interactions u ON u.value = m.value
ORDER BY exposure_share DESC, m.value;
