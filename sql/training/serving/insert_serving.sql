-- Put together what serving reads of the model that is deployed. See schema/serving.sql for the columns.
INSERT INTO mmsql.serving
WITH placed AS MATERIALIZED (
    SELECT c.item_id, c.events, c.bias, CAST(row_number() OVER (ORDER BY c.bias DESC, c.item_id) AS INTEGER) AS place
    FROM mmsql.catalog c
    WHERE c.model = (SELECT arg_max(d.model, d.deployment) FROM mmsql.deployments d WHERE d.rolled_back_at IS NULL)
),
led AS (
    SELECT o.place, n.place AS neighbor, sum(e.weight) AS weight
    FROM mmsql.item_edges e
    JOIN placed o ON o.item_id = e.item_id
    JOIN placed n ON n.item_id = e.neighbor_id
    WHERE e.model = (SELECT arg_max(d.model, d.deployment) FROM mmsql.deployments d WHERE d.rolled_back_at IS NULL)
    GROUP BY o.place, n.place
),
lists AS (
    SELECT l.place, list(l.neighbor ORDER BY l.neighbor) AS neighbors, list(l.weight ORDER BY l.neighbor) AS weights
    FROM led l
    GROUP BY l.place
)
SELECT p.item_id, p.place, p.events, p.bias, l.neighbors, l.weights, v.vector
FROM placed p
LEFT JOIN lists l ON l.place = p.place
LEFT JOIN mmsql.item_vectors v
  ON v.item_id = p.item_id AND v.modality = 'fused'
 AND v.model = (SELECT arg_max(d.model, d.deployment) FROM mmsql.deployments d WHERE d.rolled_back_at IS NULL)
ORDER BY p.item_id;
