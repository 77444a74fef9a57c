-- The deployed model, in one row, with the parameters of its score. It is an error if no model is deployed.
--
-- Returns
--   model, algorithm, decay, history_length, edge_weight, vector_weight, event_weights, null_user_id, null_item_id
--                    as in mmsql.serving_model
-- Example
--   FROM mmsql._deployed();
CREATE MACRO mmsql._deployed() AS TABLE
SELECT m.model, m.algorithm, m.decay, m.history_length, m.edge_weight, m.vector_weight, m.event_weights,
       m.null_user_id, m.null_item_id
FROM mmsql.serving_model m
WHERE CASE
    WHEN m.model IS NULL
        THEN error('No model is deployed in this file. Run CALL train() or `mmsql train` on it.')
    ELSE true
END;
