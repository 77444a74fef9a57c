-- Set the weights of relations in the database to those of the file.
UPDATE mmsql.relations AS t
SET weight = d.weight
FROM load_distinct d
WHERE t.item_id = d.item_id AND t.related_id = d.related_id AND t.relation IS NOT DISTINCT FROM d.relation
  AND d.weight IS NOT NULL AND t.weight IS DISTINCT FROM d.weight;
