-- The names of the properties, most frequent first, each in its most frequent spelling.
SELECT n.name, sum(n.rows) OVER (PARTITION BY lower(n.name)) AS rows
FROM (
    SELECT p.property AS name, count(*) AS rows
    FROM load_properties p
    WHERE p.load_reason IS NULL
    GROUP BY p.property
) n
QUALIFY row_number() OVER (PARTITION BY lower(n.name) ORDER BY n.rows DESC, n.name) = 1
ORDER BY rows DESC, n.name;
