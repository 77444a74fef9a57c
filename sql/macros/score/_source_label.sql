-- The source of a recommendation, as recommend returns it.
--
-- Parameters
--   rule_label       of _rule_effects; NULL if no rule changes the item's position
--   edge             DOUBLE, the sum of the edge terms of _score_terms
--   vector           DOUBLE, the sum of the vector terms
--   attribute        DOUBLE, the sum of the attribute terms
--   algorithm        VARCHAR, of the deployed model
--   edge_weight      DOUBLE, of the deployed model: 0 if edges only replace a missing user vector
-- Returns
--   VARCHAR
-- Example
--   SELECT mmsql._source_label(NULL, 0.5, 0, 0, 'graph', 1);
CREATE MACRO mmsql._source_label(rule_label, edge, vector, attribute, algorithm, edge_weight) AS
CASE WHEN rule_label IS NOT NULL THEN rule_label
     WHEN vector <> 0 THEN algorithm
     WHEN edge > 0 THEN CASE WHEN edge_weight > 0 THEN algorithm ELSE 'similar' END
     WHEN attribute > 0 THEN 'similar users'
     ELSE 'popular' END;
