-- Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): again and again the item i with the highest
--
--     (1 - diversity) · rel(i)  -  diversity · max over the items j taken so far of cos(i, j)
--
-- What is pinned comes before, by lead and rel, what is buried comes after; both count as taken.
--
-- Parameters
--   members          a list of structs, best first: back, key, rank, place, rel, sim and vector; back is lead with its sign
--                    changed, key and sim are NULL, an item whose vector is NULL is like nothing
--   most             how many to take
--   diversity        from 0 to 1
-- Returns
--   INTEGER[], the places of the items taken, in order
CREATE MACRO mmsql._diverse(members, most, diversity) AS
list_reduce(
    list_resize([{'rest': members, 'taken': CAST([] AS INTEGER[])}], CAST(least(most, len(members)) AS BIGINT) + 1),
    lambda state, turn: CASE WHEN len(state.rest) = 0 THEN state ELSE {
        'rest': list_sort(list_transform(list_transform(state.rest[2:], lambda one: struct_pack(
            back := one.back, key := one.key, rank := one.rank, place := one.place, rel := one.rel,
            sim := CASE WHEN len(one.vector) = len(state.rest[1].vector)
                        THEN greatest(one.sim, list_cosine_similarity(one.vector, state.rest[1].vector))
                        ELSE one.sim END,
            vector := one.vector
        )), lambda other: struct_pack(
            back := other.back,
            key := CASE WHEN other.back < 0 THEN -other.rel
                        ELSE diversity * coalesce(other.sim, 0) - (1 - diversity) * other.rel END,
            rank := other.rank, place := other.place, rel := other.rel, sim := other.sim, vector := other.vector
        ))),
        'taken': list_append(state.taken, state.rest[1].place)
    } END
).taken;
