-- The k items a user is most likely to want next. New events count at once; a user without history gets what
-- users with the same attributes wanted (columns of mmsql.users), and where nothing is known, what is popular.
-- mmsql.rules bans, pins, boosts and buries: it decides the order, and the score stays the model's.
-- Where a deep model serves, an event counts at once if it is later than the user's last one in training.
-- Under LATERAL, target_user and the filters from category to only_available may be columns; the other options are constants.
--
-- Parameters
--   target_user      a user id
--   k                how many items, at least 1
--   exclude_seen     leave out the items of the user's own history
--   exclude_events   a list such as ['buy']: leave out only what the user had such an event with; stands in for exclude_seen
--   category         only this category, or what lies below it: 'Kitchen' finds 'Kitchen > Knives'
--   brand            only this brand
--   min_price        only from this price on
--   max_price        only up to this price
--   only_available   leave out items that are not available
--   per_category     at most so many items of one category; items without a category are not capped
--   per_brand        at most so many items of one brand; with per_category both hold: items are taken from the best score on,
--                    leaving out those whose category or brand is full
--   candidates       only these items: a list of ids, or the name of a table or view with a column item_id; for a
--                    query, make it a (temporary) view
--   diversity        from 0, by score alone, to 1: maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) among the
--                    best 5 · k items, at least 50, that caps leave; likeness is the cosine of the model's item vectors, or
--                    of texts where it has none
-- Returns
--   rank             INTEGER, from 1
--   item_id          the item, in the type it went in with
--   title            VARCHAR, NULL where the items source has none
--   score            DOUBLE, higher is better; explain() takes it apart
--   source           VARCHAR: the algorithm that chose it, similar (edges stand in for a missing user vector),
--                    similar users (users with the same attributes wanted it) or popular; pinned, boosted or buried
--                    where a rule of mmsql.rules has to do with its place
-- Example
--   FROM mmsql.recommend('U0001', k := 5, max_price := 100);
CREATE MACRO mmsql.recommend(
    target_user, k := 10, exclude_seen := true, exclude_events := NULL, category := NULL, brand := NULL,
    min_price := NULL, max_price := NULL, only_available := true, per_category := NULL, per_brand := NULL, candidates := NULL,
    diversity := 0
) AS TABLE
WITH quick AS (
    FROM mmsql._visitor_list(
        'user', [target_user], NULL, k, exclude_seen, category, brand, min_price, max_price, only_available
    )
),
full_list AS (
    SELECT r.rank, r.item_id, r.title, r.score, r.source
    FROM mmsql._ranked(
        'user', [target_user], NULL, k, exclude_seen, exclude_events, category, brand, min_price, max_price, only_available,
        per_category, per_brand, candidates, diversity
    ) r
)
FROM query(CASE
    WHEN candidates IS NULL AND exclude_events IS NULL AND per_category IS NULL AND per_brand IS NULL
     AND (diversity IS NULL OR TRY_CAST(diversity AS DOUBLE) = 0) THEN 'FROM quick'
    ELSE 'FROM full_list'
END) r
ORDER BY r.rank;
