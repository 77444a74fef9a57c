-- The model that serves: the last deployment that was not rolled back. An error says so when there is none.
CREATE MACRO mmsql._deployed() AS TABLE
SELECT m.model, m.algorithm, m.decay, m.history_length, m.edge_weight, m.vector_weight
FROM (
    SELECT arg_max(d.model, d.deployment) AS model
    FROM mmsql.deployments d
    WHERE d.rolled_back_at IS NULL
) AS latest
LEFT JOIN mmsql.models m ON m.model = latest.model
WHERE CASE
    WHEN latest.model IS NULL
        THEN error('No model is deployed in this file. Run CALL train() or `mmsql train` on it.')
    ELSE true
END;
