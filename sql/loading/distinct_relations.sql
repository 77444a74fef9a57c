-- The staged relations, one row a relation (item, related item, name). Of different weights the largest counts.
CREATE OR REPLACE TEMP TABLE load_distinct AS
SELECT s.item_id, s.related_id, s.relation, max(s.weight) AS weight
FROM load_staged s
WHERE s.load_reason IS NULL
GROUP BY s.item_id, s.related_id, s.relation;
