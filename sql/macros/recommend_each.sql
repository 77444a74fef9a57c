-- The k items each of many users is most likely to want next, by the same formula as recommend.
--
-- Parameters
--   users            a list of user ids, or NULL for every user with an event
--   k                how many items a user, at least 1
--   exclude_seen     leave out the items of the user's own history
--   category         only this category, or what lies below it
--   brand            only this brand
--   min_price        only from this price on
--   max_price        only up to this price
--   only_available   leave out items that are not available
--   per_category     at most so many items of one category a user
--   candidates       only items of this list of ids
-- Returns
--   user_id          the user, in the type of interactions; NULL for an id that cannot be one
--   rank             INTEGER, from 1
--   item_id          the item
--   score            DOUBLE, higher is better
-- Example
--   FROM mmsql.recommend_each(users := ['U0001', 'U0002'], k := 3);
CREATE MACRO mmsql.recommend_each(
    users := NULL, k := 10, exclude_seen := true, category := NULL, brand := NULL, min_price := NULL,
    max_price := NULL, only_available := true, per_category := NULL, candidates := NULL
) AS TABLE
SELECT r.user_id, r.rank, r.item_id, r.score
FROM mmsql._ranked(
    users, NULL, k, exclude_seen, category, brand, min_price, max_price, only_available, per_category, candidates
) r
ORDER BY r.user_id, r.rank;
