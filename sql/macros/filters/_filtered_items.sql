-- The items of the deployed model that pass the filters and are not banned, with the effects of mmsql.rules.
--
-- Parameters
--   category         as in _filter_outcomes
--   brand            as in _filter_outcomes
--   min_price        as in _filter_outcomes
--   max_price        as in _filter_outcomes
--   only_available   as in _filter_outcomes
--   all_columns      whether the result has category and brand without a filter too
-- Returns
--   item_id          an item
--   popularity_rank  INTEGER, from 1, by bias
--   events           BIGINT, in training
--   bias             DOUBLE
--   category, brand  VARCHAR, with a filter on category, brand or price, or with all_columns
--   priority, boost, rule_label    as in _rule_effects; NULL if no rule matches the item
CREATE MACRO mmsql._filtered_items(category, brand, min_price, max_price, only_available, all_columns) AS TABLE
SELECT s.item_id, s.popularity_rank, s.events, s.bias, o.category, o.brand, r.priority, r.boost, r.rule_label
FROM mmsql.serving s
LEFT JOIN mmsql._filter_outcomes(
    category, brand, min_price, max_price, only_available, all_columns
) o ON o.item_id = s.item_id
LEFT JOIN mmsql._rule_effects() r ON r.item_id = CAST(s.item_id AS VARCHAR)
WHERE NOT coalesce(r.banned, false)
  AND coalesce(o.passes, NOT mmsql._has_filter(category, brand, min_price, max_price));
