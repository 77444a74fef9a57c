-- The rows of a file with one property a row by what became of their item or user.
SELECT count(*) AS rows,
       count(p.load_reason) AS rejected,
       count(*) FILTER (p.load_reason IS NULL AND NOT c.load_update) AS loaded,
       count(*) FILTER (p.load_reason IS NULL AND c.load_update) AS updated
FROM load_properties p
LEFT JOIN load_outcomes c ON c.load_id = p.load_id;
