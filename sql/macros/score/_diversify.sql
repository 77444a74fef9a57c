-- Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998). The macro takes one item at a time. It takes the
-- item i with the highest value of this formula, where j runs over the items that are already taken:
--
--     (1 - diversity) · relevance(i)  -  diversity · max over j of cos(i, j)
--
-- Pinned items come first, by priority and relevance; items with priority -1 come last.
--
-- Parameters
--   items            a list of structs, best first: negative_priority, sort_key, rank, popularity_rank, relevance,
--                    similarity, vector; sort_key and similarity are NULL; an item without a vector is similar to none
--   most             most items to take
--   diversity        from 0 to 1
-- Returns
--   INTEGER[], popularity_rank of the items taken, in order
CREATE MACRO mmsql._diversify(items, most, diversity) AS
list_reduce(
    list_resize([{'rest': items, 'taken': CAST([] AS INTEGER[])}], CAST(least(most, len(items)) AS BIGINT) + 1),
    lambda state, step: CASE WHEN len(state.rest) = 0 THEN state ELSE {
        'rest': list_sort(list_transform(list_transform(state.rest[2:], lambda one: struct_pack(
            negative_priority := one.negative_priority, sort_key := one.sort_key, rank := one.rank,
            popularity_rank := one.popularity_rank, relevance := one.relevance,
            similarity := CASE WHEN len(one.vector) = len(state.rest[1].vector)
                               THEN greatest(one.similarity, list_cosine_similarity(one.vector, state.rest[1].vector))
                               ELSE one.similarity END,
            vector := one.vector
        )), lambda other: struct_pack(
            negative_priority := other.negative_priority,
            sort_key := CASE WHEN other.negative_priority < 0 THEN -other.relevance
                             ELSE diversity * coalesce(other.similarity, 0) - (1 - diversity) * other.relevance END,
            rank := other.rank, popularity_rank := other.popularity_rank, relevance := other.relevance,
            similarity := other.similarity, vector := other.vector
        ))),
        'taken': list_append(state.taken, state.rest[1].popularity_rank)
    } END
).taken;
