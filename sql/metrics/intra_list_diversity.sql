-- The dissimilarity of the items of a list in content: 0 if all have the same content.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists
-- Returns
--   algorithm      VARCHAR: the evaluated algorithm, or popularity
--   value          DOUBLE from 0 to 2; NULL if no list has two items with a content vector
-- Source
--   ILD@k(u) = mean of 1 - cos(v_i, v_j) over the pairs of items of the user's list cut at k, averaged over the users with
--   a pair. Pairs with an item without a content vector, or with a vector of length zero, are left out.
--   Smyth and McClave, Similarity vs. diversity, ICCBR 2001; Ziegler et al., Improving recommendation lists
--   through topic diversification, WWW 2005.
-- Example
--   FROM mmsql.intra_list_diversity('graph-1', k := 10);
CREATE MACRO mmsql.intra_list_diversity(model := NULL, k := 10) AS TABLE
WITH chosen AS MATERIALIZED (
    FROM mmsql._evaluated(model := model, k := k)
),
item_vectors AS MATERIALIZED (
    SELECT CAST(row_number() OVER () AS INTEGER) AS item_index, i.item_id, i.vector
    FROM mmsql.evaluation_items i
    JOIN (SELECT DISTINCT d.evaluation FROM chosen d) c ON c.evaluation = i.evaluation
    -- The cosine with a zero vector is -1 in DuckDB 1.x and NaN in 2.0.
    WHERE len(i.vector) > 0 AND list_inner_product(i.vector, i.vector) > 0
        AND isfinite(list_inner_product(i.vector, i.vector))
),
list_items AS MATERIALIZED (
    SELECT l.algorithm, l.user_id, l.rank, i.item_index
    FROM mmsql.evaluation_lists l
    JOIN chosen c ON c.evaluation = l.evaluation AND c.algorithm = l.algorithm AND c.k >= l.rank
    JOIN item_vectors i ON i.item_id = l.item_id
),
-- The pairs of a list have weights that add up to 1. A list of m items has m (m - 1) / 2 pairs.
list_weights AS MATERIALIZED (
    SELECT p.algorithm, p.user_id, 2 / (count(*) * (count(*) - 1)) AS weight
    FROM list_items p
    GROUP BY p.algorithm, p.user_id
    HAVING count(*) > 1
),
-- Many users have the same pair: its cosine is computed once, with the sum of its weights.
pairs AS MATERIALIZED (
    SELECT a.algorithm, least(a.item_index, b.item_index) AS one,
           greatest(a.item_index, b.item_index) AS other, sum(t.weight) AS weight
    FROM list_items a
    JOIN list_items b ON b.algorithm = a.algorithm AND b.user_id = a.user_id AND b.rank > a.rank
    JOIN list_weights t ON t.algorithm = a.algorithm AND t.user_id = a.user_id
    GROUP BY a.algorithm, one, other
    -- No row, but the planner expects many. So it looks up the vectors of the pairs, and does not build a hash table of the
    -- pairs with their vectors, which takes three times as long.
    UNION ALL
    SELECT NULL, NULL, NULL, NULL FROM range(1000000) r WHERE random() < 0
),
means AS (
    SELECT p.algorithm,
           sum(p.weight * (1 - CAST(list_cosine_similarity(a.vector, b.vector) AS DOUBLE)))
           / sum(p.weight) AS value
    FROM pairs p
    JOIN item_vectors a ON a.item_index = p.one
    JOIN item_vectors b ON b.item_index = p.other
    GROUP BY p.algorithm
)
SELECT c.algorithm AS algorithm, s.value AS value
FROM chosen c
LEFT JOIN means s ON s.algorithm = c.algorithm;
