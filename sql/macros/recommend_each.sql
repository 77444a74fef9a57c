-- The k items each of many users is most likely to want next, by the same formula as recommend.
--
-- Parameters
--   users            a list of user ids, the name of a table or view with a column user_id, or NULL for every user with
--                    an event; for a query, make it a (temporary) view
--   k                how many items a user, at least 1
--   exclude_seen     leave out the items of the user's own history
--   exclude_events   a list such as ['buy']: leave out only what the user had such an event with; stands in for exclude_seen
--   category         only this category, or what lies below it
--   brand            only this brand
--   min_price        only from this price on
--   max_price        only up to this price
--   only_available   leave out items that are not available
--   per_category     at most so many items of one category a user
--   per_brand        at most so many items of one brand a user; both caps together as in recommend
--   candidates       only these items: a list of ids, or the name of a table or view with a column item_id; for a
--                    query, make it a (temporary) view
--   diversity        from 0, by score alone, to 1: maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) among the
--                    best 5 · k items, at least 50, that caps leave; likeness is the cosine of the model's item vectors, or
--                    of texts where it has none
-- Returns
--   user_id          the user, in the type of interactions; NULL for an id that cannot be one
--   rank             INTEGER, from 1
--   item_id          the item
--   score            DOUBLE, higher is better
-- Example
--   FROM mmsql.recommend_each(users := ['U0001', 'U0002'], k := 3);
CREATE MACRO mmsql.recommend_each(
    users := NULL, k := 10, exclude_seen := true, exclude_events := NULL, category := NULL, brand := NULL,
    min_price := NULL, max_price := NULL, only_available := true, per_category := NULL, per_brand := NULL, candidates := NULL,
    diversity := 0
) AS TABLE
SELECT r.user_id, r.rank, r.item_id, r.score
FROM mmsql._in_turn(
    4000000,
    CASE WHEN typeof(users) = '"NULL"' OR ends_with(typeof(users), ']') THEN TRY_CAST(users AS VARCHAR[])
         ELSE (SELECT coalesce(list(g.id), []) FROM mmsql._given_ids(users, 'user_id') g) END,
    k, exclude_seen, exclude_events, category, brand, min_price, max_price, only_available, per_category, per_brand,
    candidates, diversity
) r
ORDER BY r.user_id, r.rank;
