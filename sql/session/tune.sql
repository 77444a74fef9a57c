-- Search for better options of an algorithm: train with different options and measure each on users' last items.
-- Trial 0 has the default options; for graph, trial 1 has those that train() would choose. Optuna's TPE sampler draws
-- the others and learns from earlier trials. Each trial has a row of mmsql.trials at once; no model is stored: train
-- with the command of the best trial. If holdout is false, tune() uses the items that evaluate() tests, and evaluate()
-- then reports too high metrics for these options. It reads committed rows only.
--
-- Parameters
--   algorithm     the algorithm whose options are searched; NULL for that of the deployed model, or graph
--   trials        number of trials
--   seed          draws the options of the trials, and seeds training
--   time_budget   seconds after which no trial starts
--   holdout       whether to hide each user's last item and to tune on the item before it. evaluate() with the same
--                 seed tests the hidden item
--   options       options with the same value in every trial, such as {'history_length': 20}
-- Returns
--   study         BIGINT, number of this search in mmsql.trials
--   trial         INTEGER, from 0
--   best          BOOLEAN, whether no other trial has a higher ndcg
--   ndcg          DOUBLE, NDCG@10 on the held-out items
--   recall        DOUBLE, Recall@10 on the held-out items
--   seconds       DOUBLE
--   status        VARCHAR, done or failed
--   error         VARCHAR, why it failed
--   options       VARCHAR, the options of the trial, as JSON
--   command       VARCHAR, the command to train with these options
-- Source
--   Bergstra, Bardenet, Bengio, Kégl: Algorithms for Hyper-Parameter Optimization. NIPS 2011. Akiba et al.: Optuna.
--   KDD 2019.
-- Example
--   CALL tune(algorithm := 'graph', trials := 5);
CREATE OR REPLACE TEMP MACRO tune(
    algorithm := NULL, trials := 20, seed := NULL, time_budget := NULL, holdout := false, options := NULL
) AS TABLE
SELECT unnest(mmsql_tune(CAST(json_object(
        'algorithm', algorithm, 'trials', trials, 'seed', seed, 'time_budget', time_budget, 'holdout', holdout,
        'options', options
    ) AS VARCHAR)), recursive := true);
