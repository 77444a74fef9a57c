-- Ids that differ only in blanks, leading zeros or a trailing .0, and so never meet.
WITH ids AS (
    SELECT DISTINCT u.name, u.source, CAST(u.id AS VARCHAR) AS id
    FROM (
        SELECT 'item_id' AS name, 'interactions' AS source, s.item_id AS id FROM check_item_sizes s
        UNION ALL SELECT 'item_id', 'items', i.item_id FROM check_items i
        UNION ALL SELECT 'item_id', 'comments', c.item_id FROM check_comments c
        UNION ALL SELECT 'item_id', 'images', g.item_id FROM check_images g
        UNION ALL SELECT 'item_id', 'relations', r.item_id FROM check_relations r
    ) u
    UNION ALL
    SELECT DISTINCT v.name, v.source, CAST(v.id AS VARCHAR)
    FROM (
        SELECT 'user_id' AS name, 'interactions' AS source, s.user_id AS id FROM check_user_sizes s
        UNION ALL SELECT 'user_id', 'users', u.user_id FROM check_users u
        UNION ALL SELECT 'user_id', 'comments', c.user_id FROM check_comments c
    ) v
),
forms_of_ids AS (
    SELECT i.name, i.source, i.id, check_plain_id(i.id) AS plain FROM ids i
),
pairs AS (
    SELECT o.name, o.source, min(o.id) AS example, min_by(d.id, o.id) AS other, count(DISTINCT o.id) AS ids
    FROM forms_of_ids o
    JOIN forms_of_ids d ON d.name = o.name AND d.plain = o.plain AND d.id <> o.id
    WHERE o.id <> o.plain
    GROUP BY o.name, o.source
),
forms AS (
    SELECT p.*,
           CASE WHEN p.example <> trim(p.example) THEN 'blanks'
                WHEN p.example LIKE '%.0' THEN 'a trailing .0'
                ELSE 'leading zeros' END AS form
    FROM pairs p
)
SELECT f.source, 'warning' AS level,
       format('{} ({}) of {} {} from others only by {}, such as {} and {}, and never meet them.',
              check_count(f.ids, 'id'), f.name, f.source, CASE WHEN f.ids = 1 THEN 'differs' ELSE 'differ' END, f.form,
              to_json(f.example), to_json(f.other)) AS finding,
       format('If they are the same, type: UPDATE mmsql.{} SET {} = {}; in a view, write that expression.',
              f.source, f.name,
              CASE f.form
                  WHEN 'blanks' THEN format('trim({})', f.name)
                  WHEN 'a trailing .0' THEN format('regexp_replace({}, ''[.]0+$'', '''')', f.name)
                  ELSE format('regexp_replace({}, ''^0+([0-9])'', ''\1'')', f.name)
              END) AS advice
FROM forms f
ORDER BY f.source, f.name;
