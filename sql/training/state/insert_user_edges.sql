-- Store the edges from attribute values of users to items, from new_rows(attribute, kind, separator, value, low, high):
-- one row a bin of a numeric attribute, and one row without a value for each other attribute.
--
--     weight(v, i) = scale · p · √(p / P(i)),   p = (n(v, i) + smoothing · P(i)) / (n(v) + smoothing)
--
-- n(v) counts the training users with the value, n(v, i) those of them with the item; P(i) is the share of all
-- training users with it. p is P(i | v) shrunk to P(i) by a Dirichlet prior (Zhai and Lafferty, A study of smoothing
-- methods for language models, SIGIR 2001, with values as documents and items as words). The root of its lift (Brin et
-- al., Dynamic itemset counting, SIGMOD 1997) raises items that these users have more often than others. The scale
-- makes the mean over values of the strongest edge 1, as for behavior edges.
--
-- Parameters
--   $model       VARCHAR
--   $smoothing   DOUBLE: number of average users that is added to the users of a value
--   $least       BIGINT: smallest number of users of a value
--   $most        BIGINT: largest number of items of a value
INSERT INTO mmsql.user_edges
WITH known AS (
    -- An aggregate with ORDER BY takes some 30 KB a group, however short its list.
    SELECT v.user_index, v.attribute,
           list_transform(list_sort(list({'place': v.place, 'value': v.value})), lambda entry: entry.value) AS entries
    FROM (
        SELECT g.user_index, unnest(g.entries, recursive := true), generate_subscripts(g.entries, 1) AS place
        FROM (
            SELECT t.user_index, mmsql._attribute_values(to_json(u)) AS entries
            FROM mmsql.users u
            JOIN train_users t ON t.user_id = u.user_id
        ) g
    ) v
    GROUP BY v.user_index, v.attribute
),
described AS MATERIALIZED (
    SELECT DISTINCT r.user_index, r.attribute, r.value, CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high
    FROM (
        SELECT k.user_index, k.attribute, unnest(mmsql._attribute_features(n.kind, n.separator, k.entries)) AS value
        FROM known k
        JOIN new_rows n ON n.attribute = k.attribute AND n.value IS NULL
    ) r
    WHERE length(r.value) <= 500
    UNION ALL
    SELECT DISTINCT r.user_index, n.attribute, n.value, n.low, n.high
    FROM (
        SELECT k.user_index, k.attribute, unnest(k.entries) AS entry
        FROM known k
    ) r
    JOIN new_rows n ON n.attribute = r.attribute AND mmsql._attribute_number(n.kind, r.entry) >= n.low
     AND mmsql._attribute_number(n.kind, r.entry) < n.high
),
sizes AS (
    SELECT d.attribute, d.value, any_value(d.low) AS low, any_value(d.high) AS high, count(*) AS users
    FROM described d
    GROUP BY d.attribute, d.value
    HAVING count(*) >= $least
),
wanted AS (
    SELECT d.attribute, d.value, e.item_index, count(*) AS users
    FROM described d
    JOIN train_events e ON e.user_index = d.user_index
    GROUP BY d.attribute, d.value, e.item_index
),
shares AS (
    SELECT e.item_index, count(*) / (SELECT count(*) FROM train_users) AS share
    FROM train_events e
    GROUP BY e.item_index
),
shrunk AS (
    SELECT w.attribute, w.value, s.low, s.high, w.item_index, p.share,
           (w.users + $smoothing * p.share) / (s.users + $smoothing) AS probability
    FROM wanted w
    JOIN sizes s ON s.attribute = w.attribute AND s.value = w.value
    JOIN shares p ON p.item_index = w.item_index
),
kept AS (
    SELECT k.attribute, k.value, k.low, k.high, k.item_index, k.probability * sqrt(k.probability / k.share) AS weight
    FROM shrunk k
    QUALIFY row_number() OVER (
        PARTITION BY k.attribute, k.value ORDER BY k.probability * sqrt(k.probability / k.share) DESC, k.item_index
    ) <= $most
)
SELECT $model, k.attribute, k.value, k.low, k.high, c.item_id, k.weight / s.scale AS weight
FROM kept k
CROSS JOIN (
    SELECT avg(t.strongest) AS scale
    FROM (SELECT max(x.weight) AS strongest FROM kept x GROUP BY x.attribute, x.value) t
) s
JOIN train_catalog c ON c.item_index = k.item_index
ORDER BY k.attribute, k.value, k.weight DESC, k.item_index;
