-- Insert the relations that are not in the database.
INSERT INTO mmsql.relations BY NAME
SELECT d.*
FROM load_distinct d
ANTI JOIN mmsql.relations t
    ON t.item_id = d.item_id AND t.related_id = d.related_id AND t.relation IS NOT DISTINCT FROM d.relation
ORDER BY d.item_id, d.related_id, d.relation;
