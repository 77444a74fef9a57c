-- The lines of a JSON-lines file as JSON, with the error of lines that are not. Blank lines are skipped.
CREATE OR REPLACE TEMP VIEW load_lines AS
SELECT CASE WHEN j.valid THEN j.line ELSE CAST(to_json(j.line) AS VARCHAR) END AS line,
       CASE
           WHEN NOT j.valid THEN 'line is not valid JSON'
           WHEN json_type(j.line) <> 'OBJECT' THEN 'line is not a JSON object'
       END AS load_error
FROM (
    SELECT t.line, json_valid(t.line) AS valid
    FROM (
        SELECT CASE
                   WHEN json_valid(f.line) OR NOT regexp_matches(f.line, '^\s*\{\s*u?''') THEN f.line
                   WHEN json_valid(load_python_dict(f.line)) THEN load_python_dict(f.line)
                   ELSE f.line
               END AS line
        FROM load_file f
        WHERE load_text(f.line) IS NOT NULL
    ) t
) j;
