-- Directed item co-occurrence: how strongly an item in a history speaks for what came after it.
--
-- What is counted in cooccurrence speaks forward; reverse_share of it also speaks backward, and all of it where the
-- events are of one moment. Weights are divided by the degree of the item left (^ source_exponent) and of the item
-- entered (^ target_exponent), then scaled so that an item's strongest edge is 1 on average.
--
-- Parameters
--   $reverse_share     DOUBLE
--   $source_exponent   DOUBLE
--   $target_exponent   DOUBLE
--   $neighbors         INTEGER: edges kept an item
--   reads cooccurrence
-- Returns
--   item_index         INTEGER, where the edge leaves
--   neighbor_index     INTEGER, where it enters
--   weight             FLOAT
WITH edges AS MATERIALIZED (
    SELECT d.item_index, d.neighbor_index, d.weight
    FROM (
        SELECT c.one AS item_index, c.other AS neighbor_index, c.whole - c.back * (1 - $reverse_share) AS weight
        FROM cooccurrence c
        UNION ALL
        SELECT c.other, c.one, c.whole - c.ahead * (1 - $reverse_share) FROM cooccurrence c
    ) d
    WHERE d.weight > 1e-12
),
leaving AS MATERIALIZED (
    SELECT e.item_index, pow(sum(e.weight), -$source_exponent) AS factor, count(*) AS edges
    FROM edges e
    GROUP BY e.item_index
),
entering AS (
    SELECT e.neighbor_index, pow(sum(e.weight), -$target_exponent) AS factor FROM edges e GROUP BY e.neighbor_index
),
normalised AS MATERIALIZED (
    SELECT e.item_index, e.neighbor_index, e.weight * l.factor * n.factor AS weight, l.edges
    FROM edges e
    JOIN leaving l ON l.item_index = e.item_index
    JOIN entering n ON n.neighbor_index = e.neighbor_index
),
kept AS MATERIALIZED (
    -- Most items have fewer edges than are kept: only the others' need to be ranked.
    SELECT n.item_index, n.neighbor_index, n.weight FROM normalised n WHERE n.edges <= $neighbors
    UNION ALL
    SELECT n.item_index, n.neighbor_index, n.weight
    FROM normalised n
    WHERE n.edges > $neighbors
    QUALIFY row_number() OVER (PARTITION BY n.item_index ORDER BY n.weight DESC, n.neighbor_index) <= $neighbors
)
SELECT k.item_index, k.neighbor_index, CAST(k.weight / s.scale AS FLOAT) AS weight
FROM kept k
CROSS JOIN (
    SELECT avg(t.strongest) AS scale
    FROM (SELECT max(x.weight) AS strongest FROM kept x GROUP BY x.item_index) t
) s;
