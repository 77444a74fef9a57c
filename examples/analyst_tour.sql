-- Thirty questions an analyst asks, one query each, on two shops: gift cards (reviews, comments, prices) and films
-- (ratings, genres, directors, who the users are). Plain DuckDB answers them: no Python, nothing to install.
--
-- examples/analyst_tour.py loads and trains the two files and runs this script. By hand, when they are there:
--     ATTACH 'gift_cards.duckdb'; ATTACH 'movies.duckdb';

-- Views that the questions use. A temporary view needs no write access to a file.
USE gift_cards;
CREATE TEMP VIEW regulars AS
SELECT i.user_id, count(DISTINCT i.item_id) AS items
FROM gift_cards.mmsql.interactions i
GROUP BY i.user_id
HAVING count(DISTINCT i.item_id) >= 12;
CREATE TEMP VIEW under_30 AS SELECT i.item_id FROM gift_cards.mmsql.items i WHERE i.price < 30;
CREATE TEMP VIEW first_cards AS
SELECT t.user_id, t.item_id
FROM gift_cards.mmsql.top_recommendations t
WHERE t.rank = 1 AND t.user_id IN (SELECT r.user_id FROM regulars r);
CREATE TEMP VIEW nineties AS SELECT i.item_id FROM movies.mmsql.items i WHERE i.release_year BETWEEN 1990 AND 1999;

-- 1. What is in the shop, and what time does it cover?
SELECT count(*) AS events, count(DISTINCT i.user_id) AS users, count(DISTINCT i.item_id) AS items_with_events,
       (SELECT count(*) FROM mmsql.items) AS items, (SELECT count(*) FROM mmsql.comments) AS comments,
       min(i.ts) AS first_event, max(i.ts) AS last_event
FROM mmsql.interactions i;

-- 2. How good are the recommendations, compared with the bestsellers?
SELECT m.metric, round(m.value, 4) AS model, round(m.popularity, 4) AS bestsellers,
       round(m.value / nullif(m.popularity, 0), 2) AS ratio
FROM mmsql.metrics('graph', k := 10) m;

-- 3. Is the difference significant?
SELECT c.metric, c.users, round(c.difference, 4) AS difference, round(c.low, 4) AS low, round(c.high, 4) AS high, c.p_value
FROM mmsql.compare_models('graph', 'popularity', k := 10) c
WHERE c.metric IN ('recall', 'ndcg', 'map');

-- 4. What does the most active customer want next?
FROM mmsql.recommend((SELECT r.user_id FROM regulars r ORDER BY r.items DESC, r.user_id LIMIT 1), k := 5);

-- 5. Why the first of these?
SELECT e.modality, e.evidence, round(e.contribution, 4) AS contribution
FROM (SELECT r.user_id FROM regulars r ORDER BY r.items DESC, r.user_id LIMIT 1) u,
     LATERAL (FROM mmsql.recommend(u.user_id, k := 1)) r,
     LATERAL (FROM mmsql.explain(u.user_id, r.item_id)) e
ORDER BY e.contribution DESC
LIMIT 8;

-- 6. And for less than 30 dollars, one of a category?
SELECT r.rank, r.title, i.price, i.category
FROM mmsql.recommend((SELECT r.user_id FROM regulars r ORDER BY r.items DESC, r.user_id LIMIT 1),
                     k := 5, max_price := 30, per_category := 1) r
JOIN mmsql.items i ON i.item_id = r.item_id
ORDER BY r.rank;

-- 7. What would all regular customers like, of the cards below 30 dollars?
FROM mmsql.recommend_each(users := 'regulars', candidates := 'under_30', k := 2) r
ORDER BY r.user_id, r.rank
LIMIT 10;

-- 8. What to show an anonymous visitor who has just viewed the two bestsellers?
FROM mmsql.recommend_session((SELECT list(p.item_id) FROM mmsql.popular_items(k := 2) p), k := 5);

-- 9. Which cards are similar to the bestseller, and by which modality?
SELECT p.title AS bestseller, s.rank, s.title, round(s.score, 3) AS score, s.source
FROM mmsql.popular_items(k := 1) p, LATERAL (FROM mmsql.similar_items(p.item_id, k := 5)) s
ORDER BY s.rank;

-- 10. What to put beside it at the checkout?
SELECT c.rank, c.title, c.users, round(c.confidence, 3) AS confidence, round(c.lift, 2) AS lift
FROM mmsql.cross_sell((SELECT p.item_id FROM mmsql.popular_items(k := 1) p), k := 5) c
ORDER BY c.rank;

-- 11. We have budget for ten mails about the third bestseller: to whom?
FROM mmsql.audience((SELECT p.item_id FROM mmsql.popular_items(k := 3) p WHERE p.rank = 3), k := 10);

-- 12. Which users have been inactive for a year, and what may bring them back?
FROM mmsql.winback(inactive_days := 365, k := 1) LIMIT 5;

-- 13. Why is each regular customer's first card recommended? Quote a comment on it.
SELECT e.user_id, i.title, e.modality, e.evidence, e.sentence
FROM mmsql.explain_each('first_cards') e
JOIN mmsql.items i ON i.item_id = e.item_id
WHERE e.sentence IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY e.user_id ORDER BY e.contribution DESC) = 1
ORDER BY e.user_id
LIMIT 5;

-- 14. What will the active customers want next: what should be in stock?
SELECT d.rank, d.title, d.users, round(d.interest, 1) AS interest, round(d.expected_events, 2) AS expected_events
FROM mmsql.expected_demand(k := 5, active_days := 365) d;

-- 15. What do customers talk about when they talk about the bestseller?
SELECT a.aspect, a.mentions, round(a.rating, 2) AS rating, a.typical
FROM mmsql.aspects((SELECT p.item_id FROM mmsql.popular_items(k := 1) p), k := 5) a
ORDER BY a.rank;

-- 16. And what do they complain about?
SELECT c.rating, c.sentence
FROM mmsql.comment_summary((SELECT p.item_id FROM mmsql.popular_items(k := 1) p), k := 3) c
WHERE c.kind = 'critical'
ORDER BY c.rank;

-- 17. Do the lists show brands as often as customers take them?
SELECT e.value AS brand, e.members AS items, round(e.interaction_share, 3) AS taken, round(e.exposure_share, 3) AS shown,
       round(e.ratio, 2) AS ratio
FROM mmsql.exposure('brand', k := 10) e
ORDER BY e.interaction_share DESC
LIMIT 8;

-- 18. One card is recalled, another is this week's offer: what do visitors see, without training again?
INSERT INTO mmsql.rules BY NAME
SELECT CASE p.rank WHEN 1 THEN 'ban' ELSE 'pin' END AS rule, p.item_id FROM mmsql.popular_items(k := 9) p
WHERE p.rank IN (1, 9);
SELECT r.rank, r.title, r.source FROM mmsql.recommend('somebody new', k := 4) r ORDER BY r.rank;
DELETE FROM mmsql.rules;

-- 19. How would the list of our best customer change after buying the rarest card?
SELECT w.title, w.rank_before, w.rank_after, w.change
FROM mmsql.what_if((SELECT r.user_id FROM regulars r ORDER BY r.items DESC, r.user_id LIMIT 1), k := 5,
                   add := (SELECT list(i.item_id) FROM mmsql.interactions i GROUP BY i.item_id ORDER BY count(*), i.item_id LIMIT 1)) w
ORDER BY w.rank_after NULLS LAST;

-- 20. How many customers would be in each half of an experiment, and is that enough to detect a lift of a tenth?
SELECT g.variant, g.users,
       ceil((mmsql.normal_quantile(0.975) + mmsql.normal_quantile(0.8)) ** 2
            * 2 * m.value * (1 - m.value) / (0.1 * m.value) ** 2) AS users_needed
FROM (
    SELECT mmsql.ab_assign('new lists', i.user_id) AS variant, count(DISTINCT i.user_id) AS users
    FROM mmsql.interactions i
    GROUP BY ALL
) g
CROSS JOIN (SELECT m.value FROM mmsql.metrics('graph', k := 10) m WHERE m.metric = 'hit_rate') m
ORDER BY g.variant;

-- The questions from here on are about films.
USE movies;

-- 21. For whom are the recommendations good, and for whom are they not?
SELECT m.slice AS activity, round(m.value, 3) AS ndcg, round(m.popularity, 3) AS bestsellers
FROM mmsql.metrics('graph', k := 10, slice := 'user_activity') m
WHERE m.metric = 'ndcg';

-- 22. For which genres is recall best, and with what interval?
SELECT m.slice AS genre, m.users, round(m.value, 3) AS recall, round(m.low, 3) AS low, round(m.high, 3) AS high
FROM mmsql.metric_intervals('graph', k := 10, slice := 'genres') m
WHERE m.metric = 'recall' AND m.users >= 50
ORDER BY m.value DESC
LIMIT 6;

-- 23. What should a user see next, of the films of the nineties?
FROM mmsql.recommend('196', k := 5, candidates := 'nineties');

-- 24. The films of the list are too similar: can it be more diverse?
SELECT p.rank, p.title AS plain, d.title AS diverse
FROM mmsql.recommend('196', k := 6) p
JOIN mmsql.recommend('196', k := 6, diversity := 0.5) d ON d.rank = p.rank
ORDER BY p.rank;

-- 25. We want at least four documentaries in ten: for two users, please.
SELECT q.user_id, q.rank, i.title, q.has_value AS documentary, q.plain_rank
FROM mmsql.quota_recommendations('genres', 'Documentary', 0.4, k := 10, users := ['196', '22']) q
JOIN mmsql.items i ON i.item_id = q.item_id
WHERE q.has_value
ORDER BY q.user_id, q.rank;

-- 26. How would the list change without the film that contributes most to it?
SELECT w.title, w.rank_before, w.rank_after, w.change
FROM mmsql.what_if('196', k := 5, remove := (
    SELECT [arg_max(e.evidence_item, e.total)]
    FROM (
        SELECT x.evidence_item, sum(x.contribution) AS total
        FROM mmsql.recommend('196', k := 5) r, LATERAL (FROM mmsql.explain('196', r.item_id)) x
        WHERE x.evidence_item IS NOT NULL
        GROUP BY x.evidence_item
    ) e
)) w
ORDER BY w.rank_after NULLS LAST;

-- 27. What do we show new users, of whom we only know attributes such as age and occupation?
SELECT u.occupation, o.rank, o.title, o.source
FROM mmsql.onboarding(k := 2, most_items := 20) o
JOIN mmsql.users u ON u.user_id = o.user_id
ORDER BY o.user_id, o.rank
LIMIT 6;

-- 28. Are the lists more popular than the histories, and for which users?
SELECT b.taste, b.users, round(b.lift, 3) AS lift, round(b.history_tail, 3) AS tail_seen, round(b.list_tail, 3) AS tail_shown
FROM mmsql.popularity_bias(k := 10) b;

-- 29. Do women and men get a fair share of the exposure, and which genres are shown too often?
SELECT 'gender ' || e.value AS who, e.members, round(e.ratio, 2) AS shown_against_taken FROM mmsql.exposure('gender') e
UNION ALL
(SELECT 'genre ' || e.value, e.members, round(e.ratio, 2) FROM mmsql.exposure('genres') e ORDER BY e.ratio DESC LIMIT 3);

-- 30. Is the model still up to date?
SELECT d.measure, round(d.value, 4) AS value, d.level FROM mmsql.drift() d;
