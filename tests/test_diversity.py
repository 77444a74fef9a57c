"""diversity: maximal marginal relevance against a plain loop, with caps, rules and many users."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

pytestmark = pytest.mark.core


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def items(con: duckdb.DuckDBPyConnection, call: str) -> list[str]:
    return [item for (item,) in rows(con, f"SELECT item_id FROM {call} ORDER BY rank")]


def reranked(con: duckdb.DuckDBPyConnection, user: str, k: int, diversity: float) -> list[str]:
    """Take the items with the best of relevance less likeness to what is there, one after the other."""
    listed = rows(con, "SELECT item_id, score FROM recommend(?, k := 50)", user)
    scores = np.array([score for _, score in listed])
    relevance = (scores - scores.min()) / (scores.max() - scores.min())
    found = dict(rows(con, "SELECT item_id, vector FROM mmsql.item_vectors WHERE modality = 'text'"))
    vectors = np.array([found[item] for item, _ in listed])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    taken = [0]
    while len(taken) < min(k, len(listed)):
        worth = (1 - diversity) * relevance - diversity * (vectors @ vectors[taken].T).max(axis=1)
        taken.append(max(set(range(len(listed))) - set(taken), key=lambda place: (round(worth[place], 9), -place)))
    return [listed[place][0] for place in taken]


@pytest.mark.parametrize("diversity", [0.3, 0.7, 1])
def test_lists_are_those_of_a_plain_loop(served, diversity):
    query = f"SELECT user_id, item_id FROM recommend_each(k := 6, diversity := {diversity}) ORDER BY user_id, rank"
    found: dict[str, list[str]] = {}
    for user, item in rows(served, query):
        found.setdefault(user, []).append(item)
    assert len(found) == 40
    assert found == {user: reranked(served, user, 6, diversity) for user in found}
    assert items(served, f"recommend('u3', k := 6, diversity := {diversity})") == found["u3"]


def test_none_is_the_plain_list_and_scores_stay(served):
    plain = rows(served, "FROM recommend_each(k := 6)")
    assert rows(served, "FROM recommend_each(k := 6, diversity := 0)") == plain
    assert rows(served, "FROM recommend_each(k := 6, diversity := NULL)") == plain
    scores = dict(rows(served, "SELECT item_id, score FROM recommend('u0', k := 50)"))
    spread = rows(served, "SELECT item_id, score FROM recommend('u0', k := 6, diversity := 0.9)")
    assert all(scores[item] == score for item, score in spread)
    assert items(served, "recommend_session(['i1'], k := 6, diversity := 0.9)") != items(
        served, "recommend_session(['i1'], k := 6)"
    )


def test_items_without_a_vector_are_like_nothing(undone):
    undone.execute("DELETE FROM mmsql.item_vectors")
    assert items(undone, "recommend('u0', k := 6, diversity := 0.5)") == items(undone, "recommend('u0', k := 6)")


@pytest.mark.parametrize("caps", ["per_category := 2", "per_brand := 2", "per_category := 2, per_brand := 2"])
def test_caps_hold_and_as_many_come(served, caps):
    found = items(served, f"recommend('u0', k := 9, {caps}, diversity := 0.8)")
    assert sorted(found) == sorted(items(served, f"recommend('u0', k := 9, {caps})"))


def test_pins_stay_on_top_and_what_is_buried_last(undone):
    order = items(undone, "recommend('u0', k := 99)")
    undone.execute(
        "INSERT INTO mmsql.rules (rule, item_id) VALUES ('pin', ?), ('pin', ?), ('bury', ?)",
        [order[4], order[-1], order[0]],
    )
    found = items(undone, "recommend('u0', k := 99, diversity := 0.9)")
    assert (found[:2], found[-1]) == ([order[4], order[-1]], order[0])
    assert sorted(found) == sorted(order)


@pytest.mark.parametrize("given", ["-0.1", "1.01", "'nan'::DOUBLE"])
def test_diversity_is_a_share(served, given):
    for call in ("recommend('u0', diversity := {})", "recommend_each(diversity := {})"):
        with pytest.raises(duckdb.Error, match=r"diversity must be from 0, by score alone, to 1; .* was given\."):
            rows(served, "FROM " + call.format(given))
