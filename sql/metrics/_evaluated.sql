-- The evaluation that a metric is computed from: a row for the evaluated algorithm, and one for popularity.
--
-- Parameters
--   model          a model such as 'graph-1' or an algorithm such as 'graph'; NULL for the latest evaluation
--   k              length of the lists: a whole number from 1 to the depth of the evaluation
-- Returns
--   evaluation     BIGINT
--   model          VARCHAR, the evaluated model
--   evaluated      VARCHAR, its algorithm
--   split          VARCHAR, leave_last_out, time or cold_items
--   training_users BIGINT
--   algorithm      VARCHAR, the algorithm of the lists: the evaluated one or popularity
--   k              INTEGER, length of the lists
-- Example
--   FROM mmsql._evaluated('graph-1', k := 5);
CREATE MACRO mmsql._evaluated(model := NULL, k := 10) AS TABLE
WITH evaluations AS (
    -- One aggregate over all evaluations: it has a row even if there are none, so that the errors are raised.
    SELECT count(*) AS evaluations,
           array_to_string(list_sort(list(DISTINCT coalesce(e.model, e.algorithm))), ', ') AS known,
           arg_max(
               {'evaluation': e.evaluation, 'model': e.model, 'evaluated': e.algorithm, 'split': e.split,
                'depth': e.depth, 'training_users': e.training_users},
               e.evaluation
           ) FILTER (WHERE model IS NULL OR CAST(model AS VARCHAR) IN (e.model, e.algorithm)) AS latest
    FROM mmsql.evaluations e
),
checked AS (
    SELECT CASE
        WHEN coalesce(TRY_CAST(k AS BIGINT) < 1 OR TRY_CAST(k AS BIGINT) <> TRY_CAST(k AS DOUBLE), true)
            THEN error('k must be a whole number of at least 1, ' || coalesce(CAST(k AS VARCHAR), 'NULL')
                || ' was given. Type k := 10.')
        WHEN f.evaluations = 0
            THEN error('Nothing has been evaluated. Run CALL evaluate() or `mmsql evaluate`.')
        WHEN f.latest IS NULL
            THEN error(CAST(model AS VARCHAR) || ' has not been evaluated. Evaluated are: ' || f.known
                || '. Name one of these, or run CALL evaluate() or `mmsql evaluate`.')
        WHEN TRY_CAST(k AS BIGINT) > f.latest.depth
            THEN error(coalesce(f.latest.model, f.latest.evaluated) || ' was evaluated to depth '
                || f.latest.depth || '; run CALL evaluate(k := ' || CAST(k AS VARCHAR) || ').')
        ELSE f.latest END AS latest
    FROM evaluations f
)
SELECT c.latest.evaluation AS evaluation, c.latest.model AS model, c.latest.evaluated AS evaluated,
       c.latest.split AS split, c.latest.training_users AS training_users,
       unnest(list_distinct([c.latest.evaluated, 'popularity'])) AS algorithm, TRY_CAST(k AS INTEGER) AS k
FROM checked c;
