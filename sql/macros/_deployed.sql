-- The model that serves: the last deployment that was not rolled back. An error says so when there is none.
CREATE MACRO mmsql._deployed() AS TABLE
SELECT m.model, m.algorithm, m.decay, m.history_length, m.edge_weight, m.vector_weight, m.event_weights,
       m.no_user, m.no_item
FROM mmsql.serving_model m
WHERE CASE
    WHEN m.model IS NULL
        THEN error('No model is deployed in this file. Run CALL train() or `mmsql train` on it.')
    ELSE true
END;
