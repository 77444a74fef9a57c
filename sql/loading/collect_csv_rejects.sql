-- The lines of a file that DuckDB could not parse in its last scan.
INSERT INTO load_refused
SELECT CASE l.kind
           WHEN 'TOO MANY COLUMNS' THEN 'line has more columns than the header'
           WHEN 'MISSING COLUMNS' THEN 'line has fewer columns than the header'
           WHEN 'UNQUOTED VALUE' THEN 'line has a quote that does not close, or text after a closing quote'
           WHEN 'INVALID ENCODING' THEN 'line is not UTF-8 text'
           WHEN 'LINE SIZE OVER MAXIMUM' THEN 'line is too long'
           ELSE 'line cannot be taken apart'
       END,
       to_json(left(trim(coalesce(l.line, ''), chr(10) || chr(13)), 10000))
FROM (
    SELECT CAST(any_value(e.error_type) AS VARCHAR) AS kind, any_value(e.csv_line) AS line
    FROM load_csv_errors e
    WHERE e.scan_id = (SELECT max(x.scan_id) FROM load_csv_scans x)
    GROUP BY e.file_id, e.line_byte_position
) l;
