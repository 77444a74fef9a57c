-- The k items an anonymous visitor is most likely to want, given the items of the running session.
--
-- Parameters
--   item_ids         a list of item ids, oldest first, such as list(c.item_id ORDER BY c.ts) of the session's clicks; the
--                    latest ones count most. At most 10000 items
--   k                number of items, at least 1
--   exclude_seen     leave out the items of the session
--   category         only this category and those below it
--   brand            only this brand
--   min_price        only from this price on
--   max_price        only up to this price
--   only_available   leave out items that are not available
--   per_category     most items of one category
--   per_brand        most items of one brand; with per_category, both caps apply as in recommend
--   candidates       only these items: a list of ids, or the name of a table or view with a column item_id; for a
--                    query, create a (temporary) view
--   diversity        from 0 (score alone) to 1 (dissimilarity alone). The k items are chosen by maximal marginal
--                    relevance (Carbonell and Goldstein, SIGIR 1998) from the best 5 · k items after the caps, or from
--                    the best 50 if that is more. Similarity is the cosine of the model's item vectors, or of text
--                    vectors for a model without them
-- Returns
--   rank             INTEGER, from 1
--   item_id          the item
--   title            VARCHAR
--   score            DOUBLE, higher is better
--   source           VARCHAR, as in recommend
-- Example
--   FROM mmsql.recommend_session(['P0001', 'P0002'], k := 5);
CREATE MACRO mmsql.recommend_session(
    item_ids, k := 10, exclude_seen := true, category := NULL, brand := NULL, min_price := NULL,
    max_price := NULL, only_available := true, per_category := NULL, per_brand := NULL, candidates := NULL,
    diversity := 0
) AS TABLE
WITH visitor_list AS (
    FROM mmsql._visitor_list(
        'session', NULL, coalesce(TRY_CAST(to_json(item_ids) -> '$[*]' AS JSON[]), []), k, exclude_seen, category, brand,
        min_price, max_price, only_available
    )
),
full_list AS (
    SELECT r.rank, r.item_id, r.title, r.score, r.source
    FROM mmsql._ranked(
        'session', NULL, coalesce(TRY_CAST(to_json(item_ids) -> '$[*]' AS JSON[]), []), k, exclude_seen, NULL, category, brand,
        min_price, max_price, only_available, per_category, per_brand, candidates, diversity
    ) r
)
SELECT r.rank, r.item_id, r.title, r.score, r.source
FROM query(CASE
    WHEN candidates IS NULL AND per_category IS NULL AND per_brand IS NULL
     AND (diversity IS NULL OR TRY_CAST(diversity AS DOUBLE) = 0) THEN 'FROM visitor_list'
    ELSE 'FROM full_list'
END) r
WHERE CASE
    WHEN json_type(to_json(item_ids)) <> 'ARRAY'
        THEN error('item_ids must be a list of item ids, oldest first; ' || CAST(item_ids AS VARCHAR)
                   || ' was given. Type recommend_session([''P0001'', ''P0002'']).')
    WHEN json_array_length(to_json(item_ids)) > mmsql._max_session()
        THEN error('item_ids has ' || json_array_length(to_json(item_ids)) || ' items, at most ' || mmsql._max_session()
                   || ' are allowed. Give the latest ones.')
    ELSE true
END
ORDER BY r.rank;
