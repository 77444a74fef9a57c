-- The k items each of many users is most likely to want next, with the scores of recommend.
--
-- Parameters
--   users            a list of user ids, the name of a table or view with a column user_id, or NULL for every user with
--                    an event; for a query, create a (temporary) view
--   k                number of items per user, at least 1
--   exclude_seen     leave out the items of the user's own history
--   exclude_events   a list of event types such as ['buy']. Leave out only items with which the user had such an event.
--                    If given, exclude_seen is ignored
--   category         only this category and those below it
--   brand            only this brand
--   min_price        only from this price on
--   max_price        only up to this price
--   only_available   leave out items that are not available
--   per_category     most items of one category per user
--   per_brand        most items of one brand per user; with per_category, both caps apply as in recommend
--   candidates       only these items: a list of ids, or the name of a table or view with a column item_id; for a
--                    query, create a (temporary) view
--   diversity        from 0 (score alone) to 1 (dissimilarity alone). The k items are chosen by maximal marginal
--                    relevance (Carbonell and Goldstein, SIGIR 1998) from the best 5 · k items after the caps, or from
--                    the best 50 if that is more. Similarity is the cosine of the model's item vectors, or of text
--                    vectors for a model without them
-- Returns
--   user_id          the user, in the type of interactions; NULL for an id that cannot be of that type
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
FROM mmsql._ranked_in_batches(
    mmsql._max_scores_in_memory(),
    CASE WHEN typeof(users) = '"NULL"' OR ends_with(typeof(users), ']') THEN TRY_CAST(users AS VARCHAR[])
         ELSE (SELECT coalesce(list(o.id), []) FROM mmsql._option_ids(users, 'user_id') o) END,
    k, exclude_seen, exclude_events, category, brand, min_price, max_price, only_available, per_category, per_brand,
    candidates, diversity
) r
ORDER BY r.user_id, r.rank;
