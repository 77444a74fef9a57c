-- The k items a user is most likely to want next. A new event counts in the next answer.
-- A user without history gets items wanted by users with the same attributes (columns of mmsql.users), or popular items.
-- mmsql.rules can ban, pin, boost and bury items: this changes the order, and the score stays that of the model.
-- With a deep model, an event counts before the next refresh if it is later than the user's last event in training.
-- Under LATERAL, target_user and the filters from category to only_available may be columns; the other options are
-- constants.
--
-- Parameters
--   target_user      a user id
--   k                number of items, at least 1
--   exclude_seen     leave out the items of the user's own history
--   exclude_events   a list of event types such as ['buy']. Leave out only items with which the user had such an event.
--                    If given, exclude_seen is ignored
--   category         only this category and those below it: 'Kitchen' matches 'Kitchen > Knives'
--   brand            only this brand
--   min_price        only from this price on
--   max_price        only up to this price
--   only_available   leave out items that are not available
--   per_category     most items of one category; items without a category are not capped
--   per_brand        most items of one brand. With per_category, both caps apply: items are taken by score, and one whose
--                    category or brand is full is skipped
--   candidates       only these items: a list of ids, or the name of a table or view with a column item_id; for a
--                    query, create a (temporary) view
--   diversity        from 0 (score alone) to 1 (dissimilarity alone). The k items are chosen by maximal marginal
--                    relevance (Carbonell and Goldstein, SIGIR 1998) from the best 5 · k items after the caps, or from
--                    the best 50 if that is more. Similarity is the cosine of the model's item vectors, or of text
--                    vectors for a model without them
-- Returns
--   rank             INTEGER, from 1
--   item_id          the item, in the type of its source
--   title            VARCHAR, NULL for an item without a title
--   score            DOUBLE, higher is better; explain() shows its contributions
--   source           VARCHAR: the algorithm of the model, similar (ranked by edges, because the user has no vector),
--                    similar users (wanted by users with the same attributes) or popular; pinned, boosted or buried for
--                    an item that a rule of mmsql.rules moves
-- Example
--   FROM mmsql.recommend('U0001', k := 5, max_price := 100);
CREATE MACRO mmsql.recommend(
    target_user, k := 10, exclude_seen := true, exclude_events := NULL, category := NULL, brand := NULL,
    min_price := NULL, max_price := NULL, only_available := true, per_category := NULL, per_brand := NULL, candidates := NULL,
    diversity := 0
) AS TABLE
WITH visitor_list AS (
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
     AND (diversity IS NULL OR TRY_CAST(diversity AS DOUBLE) = 0) THEN 'FROM visitor_list'
    ELSE 'FROM full_list'
END) r
ORDER BY r.rank;
