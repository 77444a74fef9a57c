-- How often items follow each other: the counts that edges are made of.
--
-- A pair of one history counts distance_decay^(distance - 1) · √(weight · weight) / √(length of the history). A row's
-- weight is that of its events times the weight of the strongest type among them. Events of one moment are unordered.
-- Each event is joined to the few after it by equal keys, so that the work grows with the events, not with the square
-- of a history.
--
-- Parameters
--   $window            INTEGER: how many positions apart
--   $distance_decay    DOUBLE
--   $parts             BIGINT: only users whose hash is below it, modulo 2^20
--   reads train_events and kind_weights(kinds, weight)
-- Columns
--   one, other         INTEGER, the items of a pair; one is the lower index
--   ahead              DOUBLE, what of the count is of one before other
--   back               DOUBLE, what of it is of other before one
--   whole              DOUBLE, the count, with what is of both in one moment
CREATE OR REPLACE TEMP TABLE cooccurrence AS
WITH events AS (
    SELECT t.user_index, t.item_index, t.ts, t.position, t.length, sqrt(t.weight * k.weight) AS root
    FROM train_events t
    JOIN kind_weights k ON k.kinds = t.kinds
    WHERE hash(t.user_index) % 1048576 < $parts
),
reaching AS (
    SELECT e.user_index, e.item_index, e.ts, e.position, e.root / sqrt(e.length) AS root,
           unnest(range(1, 1 + least($window, e.length - e.position))) AS distance
    FROM events e
)
SELECT p.one, p.other, sum(p.weight * p.ahead) AS ahead, sum(p.weight * p.back) AS back, sum(p.weight) AS whole
FROM (
    SELECT CASE WHEN a.item_index < b.item_index THEN a.item_index ELSE b.item_index END AS one,
           CASE WHEN a.item_index < b.item_index THEN b.item_index ELSE a.item_index END AS other,
           CASE WHEN a.ts IS NOT DISTINCT FROM b.ts OR a.item_index > b.item_index THEN 0.0 ELSE 1.0 END AS ahead,
           CASE WHEN a.ts IS NOT DISTINCT FROM b.ts OR a.item_index < b.item_index THEN 0.0 ELSE 1.0 END AS back,
           pow($distance_decay, a.distance - 1) * a.root * b.root AS weight
    FROM reaching a
    JOIN events b ON b.user_index = a.user_index AND b.position = a.position + a.distance
) p
GROUP BY p.one, p.other;
