-- Search for better options of an algorithm: train with different ones and measure each on users' last items.
-- Trial 0 has the default options, for graph trial 1 those that train() would choose; the others are drawn by Optuna's
-- TPE sampler, which learns from the trials before. Each is a row of mmsql.trials at once, and nothing else is stored:
-- train with the command of the best. tune() has then seen the items that evaluate() tests, whose figures for these
-- options are too high, unless holdout was true. It sees what is committed.
--
-- Parameters
--   algorithm     whose options; NULL for that of the model that serves, or graph
--   trials        how many to run
--   seed          draws the options that are tried, and seeds training
--   time_budget   seconds after which no trial begins
--   holdout       leave each user's last item out entirely, the one that evaluate() tests with the same seed, and
--                 tune on the item before
--   options       options that are the same in every trial, such as {'history_length': 20}
-- Returns
--   study         BIGINT, the number of this search in mmsql.trials
--   trial         INTEGER, from 0
--   best          BOOLEAN, whether no other trial has a higher ndcg
--   ndcg          DOUBLE, NDCG@10 on the items kept back
--   recall        DOUBLE, Recall@10 on the items kept back
--   seconds       DOUBLE
--   status        VARCHAR, done or failed
--   error         VARCHAR, why it failed
--   options       VARCHAR, what was tried, as JSON
--   command       VARCHAR, what to type to train with these options
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
