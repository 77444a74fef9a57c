-- Items that go with an item: those that its owners have more often than other users. If there are fewer than k, the
-- items most similar to it follow. mmsql.rules can change the order and can ban items.
--
--     score(j) = p · √(p / P(j)),   p = (n(i, j) + 10 · P(j)) / (n(i) + 10)
--
-- n(i) is the number of users with the item, n(i, j) the number of those who have j too, P(j) the share of all users
-- with j. p is the confidence of the rule i → j (Agrawal, Imieliński and Swami, Mining association rules, SIGMOD 1993),
-- shrunk to P(j), so that a rule of few users has a low score. Because of the square root of the lift (Brin et al.,
-- Dynamic itemset counting, SIGMOD 1997), items that every user has do not come first.
--
-- Parameters
--   target_item      an item id
--   k                number of items, at least 1
--   other_categories only items of other categories than that of the item; items without a category are left out
-- Returns
--   rank             INTEGER, from 1
--   item_id          an available item
--   title            VARCHAR
--   users            BIGINT, users who have both items
--   confidence       DOUBLE, their share of the users who have the item
--   lift             DOUBLE, confidence divided by P(j): above 1, the two items go together
--   score            DOUBLE, NULL for source similar
--   source           VARCHAR, together or similar
-- Example
--   FROM mmsql.cross_sell('P0001', k := 5);
CREATE MACRO mmsql.cross_sell(target_item, k := 10, other_categories := false) AS TABLE
WITH asked AS MATERIALIZED (
    -- A column and not the parameter itself: TRY takes no subquery, and the parameter may be one.
    SELECT TRY(cast_to_type(g.item_id, t.item_id)) AS item_id
    FROM (SELECT target_item AS item_id) g
    LEFT JOIN (SELECT i.item_id FROM mmsql.interactions i LIMIT 0) t ON true
    WHERE CASE
        WHEN error(mmsql._length_error(k)) IS NOT NULL THEN NULL
        WHEN other_categories IS NOT NULL AND TRY_CAST(other_categories AS BOOLEAN) IS NULL
            THEN error('other_categories must be true or false, ' || CAST(other_categories AS VARCHAR) || ' was given.')
        ELSE true
    END
),
target_category AS MATERIALIZED (
    SELECT any_value(c.category) AS category
    FROM mmsql.items c
    JOIN asked a ON a.item_id = c.item_id
),
qualifying AS MATERIALIZED (
    SELECT c.item_id, coalesce(c.priority, 0) AS priority, c.boost
    FROM mmsql._filtered_items(NULL, NULL, NULL, NULL, true, true) c
    CROSS JOIN target_category o
    JOIN asked a ON a.item_id IS DISTINCT FROM c.item_id
    WHERE NOT coalesce(TRY_CAST(other_categories AS BOOLEAN), false) OR (c.category IS NOT NULL AND c.category IS DISTINCT FROM o.category)
),
owners AS MATERIALIZED (
    SELECT DISTINCT i.user_id
    FROM mmsql.interactions i
    JOIN asked a ON a.item_id = i.item_id
    WHERE i.user_id IS NOT NULL AND mmsql._counts(i.weight)
),
totals AS MATERIALIZED (
    SELECT (SELECT count(*) FROM owners) AS owners,
           (SELECT count(DISTINCT i.user_id) FROM mmsql.interactions i WHERE mmsql._counts(i.weight)) AS users
),
pair_counts AS (
    SELECT i.item_id, count(DISTINCT i.user_id) AS had, count(DISTINCT w.user_id) AS both_had
    FROM mmsql.interactions i
    LEFT JOIN owners w ON w.user_id = i.user_id
    WHERE i.user_id IS NOT NULL AND mmsql._counts(i.weight)
    GROUP BY i.item_id
    HAVING both_had > 0
),
association_rules AS (
    SELECT c.item_id, c.both_had AS users, c.both_had / s.owners AS confidence,
           c.both_had / s.owners / (c.had / s.users) AS lift,
           (c.both_had + 10 * c.had / s.users) / (s.owners + 10) AS probability, c.had / s.users AS share,
           q.priority, q.boost
    FROM pair_counts c
    CROSS JOIN totals s
    JOIN qualifying q ON q.item_id = c.item_id
),
ordered AS (
    SELECT r.item_id, r.users, r.confidence, r.lift, round(r.probability * sqrt(r.probability / r.share), mmsql._score_decimals()) AS score,
           'together' AS source, 0 AS position, r.priority, r.boost
    FROM association_rules r
    WHERE r.probability > r.share
    UNION ALL
    SELECT s.item_id, 0 AS users, 0.0 AS confidence, 0.0 AS lift, NULL AS score, 'similar' AS source,
           s.rank AS position, q.priority, q.boost
    FROM mmsql.similar_items(target_item, k := mmsql._all_items()) s
    JOIN qualifying q ON q.item_id = s.item_id
    -- Not an anti join: LATERAL does not take it.
    LEFT JOIN (SELECT r.item_id FROM association_rules r WHERE r.probability > r.share) t ON t.item_id = s.item_id
    WHERE t.item_id IS NULL
)
SELECT CAST(row_number() OVER best AS INTEGER) AS rank, o.item_id, p.title, o.users, o.confidence, o.lift,
       o.score, o.source
FROM ordered o
LEFT JOIN (
    SELECT i.item_id, any_value(i.title) AS title FROM mmsql.items i GROUP BY i.item_id
) p ON p.item_id = o.item_id
WINDOW best AS (ORDER BY o.priority DESC, mmsql._boosted_score(o.score, o.boost) DESC NULLS LAST, o.position, o.item_id)
QUALIFY row_number() OVER best <= coalesce(mmsql._positive_integer(k), 10)
ORDER BY rank;
