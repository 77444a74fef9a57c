-- The popularity of the lists compared with that of the users' histories, by groups of users.
--
-- Parameters
--   k              length of the lists
--   model          a model of mmsql.recommendations; NULL for the deployed one
-- Returns
--   taste          VARCHAR: all, or a group of users. Head items are defined under Source. niche: the fifth of the
--                  users with the lowest share of head items in their history. blockbuster: the fifth with the highest
--                  share. diverse: the others
--   users          BIGINT, users with a list and a current history
--   history_popularity
--                  DOUBLE, mean number of training users of the items of a history, averaged over users
--   list_popularity
--                  DOUBLE, the same for the lists
--   lift           DOUBLE, list_popularity / history_popularity - 1: above 0, the lists amplify popularity
--   history_tail   DOUBLE, share of tail items in a history, averaged over users
--   list_tail      DOUBLE, the same for the lists
--   gini           DOUBLE, inequality of the exposure of the catalog's items in these lists: see gini
-- Source
--   Head: the most popular items that together have a fifth of the training events. Tail: the least popular items that
--   together have a fifth. Names in the literature: lift is the popularity lift; history_popularity and list_popularity
--   are the group average popularity (GAP); list_tail is the average percentage of tail items (APLT). Abdollahpouri et
--   al., The unfairness of popularity bias in recommendation, RMSE at RecSys 2019; Abdollahpouri et al., Managing
--   popularity bias with personalized re-ranking, FLAIRS 2019.
-- Example
--   FROM mmsql.popularity_bias(k := 10);
CREATE MACRO mmsql.popularity_bias(k := 10, model := NULL) AS TABLE
WITH lists AS MATERIALIZED (
    FROM mmsql._stored_lists(model, k)
),
items AS MATERIALIZED (
    SELECT p.item_id, p.events, p.events_above < 0.2 * p.total AS is_head, p.events_with_item > 0.8 * p.total AS is_tail
    FROM (
        SELECT c.item_id, c.events, sum(c.events) OVER () AS total, sum(c.events) OVER popular AS events_with_item,
               sum(c.events) OVER popular - c.events AS events_above
        FROM mmsql.catalog c
        JOIN (SELECT DISTINCT l.model FROM lists l) m ON m.model = c.model
        WINDOW popular AS (ORDER BY c.events DESC, c.item_id ROWS UNBOUNDED PRECEDING)
    ) p
),
history_averages AS (
    SELECT h.user_id, avg(i.events) AS popularity, avg(CAST(i.is_head AND NOT i.is_tail AS INTEGER)) AS head,
           avg(CAST(i.is_tail AS INTEGER)) AS tail
    FROM (SELECT DISTINCT x.user_id, x.item_id FROM mmsql.interactions x WHERE mmsql._counts(x.weight)) h
    JOIN items i ON i.item_id = h.item_id
    GROUP BY h.user_id
),
list_averages AS (
    SELECT l.user_id, avg(i.events) AS popularity, avg(CAST(i.is_tail AS INTEGER)) AS tail
    FROM lists l
    JOIN items i ON i.item_id = l.item_id
    GROUP BY l.user_id
),
users AS MATERIALIZED (
    SELECT h.user_id, h.popularity AS history_popularity, l.popularity AS list_popularity, h.tail AS history_tail,
           l.tail AS list_tail, ntile(5) OVER (ORDER BY h.head, h.user_id) AS fifth
    FROM history_averages h
    JOIN list_averages l ON l.user_id = h.user_id
),
user_tastes AS (
    SELECT u.user_id, unnest([
        'all', CASE WHEN u.fifth = 1 THEN 'niche' WHEN u.fifth = 5 THEN 'blockbuster' ELSE 'diverse' END
    ]) AS taste
    FROM users u
),
exposures AS (
    SELECT g.taste, l.item_id, count(*) AS exposures
    FROM user_tastes g
    JOIN lists l ON l.user_id = g.user_id
    GROUP BY g.taste, l.item_id
),
taste_gini AS (
    -- Items in no list come first and add 0: only their number counts.
    SELECT o.taste, sum((2 * (o.position + o.items - o.exposed_items) - o.items - 1) * o.exposures)
           / (any_value(o.items) * sum(o.exposures)) AS gini
    FROM (
        SELECT p.taste, p.exposures, row_number() OVER (PARTITION BY p.taste ORDER BY p.exposures) AS position,
               count(*) OVER (PARTITION BY p.taste) AS exposed_items, (SELECT count(*) FROM items) AS items
        FROM exposures p
    ) o
    GROUP BY o.taste
)
SELECT g.taste AS taste, count(*) AS users, avg(u.history_popularity) AS history_popularity,
       avg(u.list_popularity) AS list_popularity,
       avg(u.list_popularity) / nullif(avg(u.history_popularity), 0) - 1 AS lift,
       avg(u.history_tail) AS history_tail, avg(u.list_tail) AS list_tail, any_value(n.gini) AS gini
FROM user_tastes g
JOIN users u ON u.user_id = g.user_id
LEFT JOIN taste_gini n ON n.taste = g.taste
GROUP BY g.taste
ORDER BY list_position(['all', 'niche', 'diverse', 'blockbuster'], g.taste);
