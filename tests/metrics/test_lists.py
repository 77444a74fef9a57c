"""The metrics of whole lists: worked by hand, at the edges, and computed again with numpy."""

from __future__ import annotations

from itertools import combinations
from math import log2

import duckdb
import numpy as np
import pytest

HELD_OUT = {"ann": ["a"], "bob": ["b"]}

# Two users, two places each, out of a catalog of five.
LISTS = {"ann": ["a", "b"], "bob": ["a", "c"]}
POPULAR = {"ann": ["a", "b"], "bob": ["a", "b"]}
EVENTS = {"a": 8, "b": 2, "c": 0, "d": 1, "e": 4}


def values(con: duckdb.DuckDBPyConnection, metric: str, k: int = 2) -> dict[str, float | None]:
    return dict(con.execute(f"SELECT m.algorithm, m.value FROM mmsql.{metric}(k := {k}) m").fetchall())


def test_catalog_coverage_by_hand(con, add_evaluation) -> None:
    add_evaluation(held_out=HELD_OUT, lists=LISTS, popularity=POPULAR, events=EVENTS)
    # a, b, c of five items; by popularity a and b.
    assert values(con, "catalog_coverage") == pytest.approx({"graph": 3 / 5, "popularity": 2 / 5})
    # First places only: a for both.
    assert values(con, "catalog_coverage", k=1) == pytest.approx({"graph": 1 / 5, "popularity": 1 / 5})


def test_novelty_by_hand(con, add_evaluation) -> None:
    add_evaluation(held_out=HELD_OUT, lists=LISTS, popularity=POPULAR, events=EVENTS, training_users=8)
    # Of 8 users all had a: 0 bits. 2 had b: log2(8 / 2) = 2. Nobody had c, which counts as one: log2(8) = 3.
    # ann: (0 + 2) / 2 = 1, bob: (0 + 3) / 2 = 1.5, together 1.25.
    assert values(con, "novelty") == pytest.approx({"graph": 1.25, "popularity": 1.0})


def test_novelty_averages_users_not_places(con, add_evaluation) -> None:
    add_evaluation(held_out=HELD_OUT, lists={"ann": ["a", "b"], "bob": ["c"]}, events=EVENTS, training_users=8)
    # ann: (0 + 2) / 2 = 1; bob has one item only: 3. Mean of the users 2, mean of the places would be 5 / 3.
    assert values(con, "novelty")["graph"] == pytest.approx(2.0)


def test_gini_by_hand(con, add_evaluation) -> None:
    add_evaluation(held_out=HELD_OUT, lists=LISTS, popularity=POPULAR, events=EVENTS)
    # Exposures in ascending order: 0, 0, 1, 1, 2 (d, e, b, c, a); n = 5, their sum is 4.
    # Factors 2 i - 6: -4, -2, 0, 2, 4. (1 · 0 + 1 · 2 + 2 · 4) / (5 · 4) = 10 / 20.
    # By popularity 0, 0, 0, 2, 2: (2 · 2 + 2 · 4) / 20 = 12 / 20.
    assert values(con, "gini") == pytest.approx({"graph": 0.5, "popularity": 0.6})


def test_gini_ends(con, add_evaluation) -> None:
    add_evaluation(
        held_out=HELD_OUT,
        lists={"ann": ["a", "b"], "bob": ["c", "d"]},
        popularity={"ann": ["a"], "bob": ["a"]},
        events={"a": 1, "b": 1, "c": 1, "d": 1},
    )
    # Every item shown once: 0. One of four takes all: (n - 1) / n = 3 / 4.
    assert values(con, "gini") == pytest.approx({"graph": 0.0, "popularity": 0.75})


def test_intra_list_diversity_by_hand(con, add_evaluation) -> None:
    vectors = {"a": [1.0, 0.0], "b": [0.0, 2.0], "c": [-3.0, 0.0], "d": [1.0, 1.0]}
    add_evaluation(
        held_out=HELD_OUT,
        lists={"ann": ["a", "b", "c"], "bob": ["a", "c"]},
        popularity={"ann": ["a", "d"], "bob": ["d", "a"]},
        events=dict.fromkeys(vectors, 1),
        vectors=vectors,
    )
    # ann: a-b and b-c are at right angles (1 each), a-c are opposite (2): 4 / 3. bob: a-c: 2. Together 5 / 3.
    # By popularity both have a-d at 45 degrees: 1 - 1 / sqrt(2).
    expected = {"graph": 5 / 3, "popularity": 1 - 0.5**0.5}
    assert values(con, "intra_list_diversity", k=3) == pytest.approx(expected, abs=1e-6)
    # Two places: ann has a-b (1), bob a-c (2).
    assert values(con, "intra_list_diversity", k=2)["graph"] == pytest.approx(1.5, abs=1e-6)


@pytest.mark.parametrize("vector", [None, [0.0, 0.0], []])
def test_intra_list_diversity_leaves_out_items_without_direction(con, add_evaluation, vector) -> None:
    vectors = {"a": [1.0, 0.0], "b": [0.0, 1.0], "c": vector}
    add_evaluation(
        held_out=HELD_OUT,
        lists={"ann": ["a", "c", "b"], "bob": ["a", "c"]},
        popularity={"ann": ["c", "a"], "bob": ["b", "c"]},
        events=dict.fromkeys(vectors, 1),
        vectors=vectors,
    )
    # ann: only a-b counts: 1. bob and the popular lists have no pair with two vectors.
    assert values(con, "intra_list_diversity", k=3) == {"graph": pytest.approx(1.0), "popularity": None}


def test_intra_list_diversity_leaves_out_vectors_that_are_no_numbers(con, add_evaluation) -> None:
    vectors = {"a": [1.0, 0.0], "b": [0.0, 1.0], "c": [1.0, 1.0]}
    add_evaluation(
        held_out=HELD_OUT, lists={"ann": ["a", "c", "b"]}, events=dict.fromkeys(vectors, 1), vectors=vectors
    )
    con.execute("UPDATE mmsql.evaluation_items SET vector = [CAST('nan' AS FLOAT), 1] WHERE item_id = 'c'")
    assert values(con, "intra_list_diversity", k=3)["graph"] == pytest.approx(1.0)


def test_no_list_and_no_vector(con, add_evaluation) -> None:
    add_evaluation(held_out=HELD_OUT, lists={}, popularity=POPULAR, events=EVENTS)
    assert values(con, "catalog_coverage")["graph"] == 0
    assert values(con, "novelty")["graph"] is None
    assert values(con, "gini")["graph"] is None
    assert values(con, "intra_list_diversity") == {"graph": None, "popularity": None}


def test_item_exposure_by_hand(con, add_evaluation) -> None:
    add_evaluation(held_out=HELD_OUT, lists=LISTS, popularity=POPULAR, events=EVENTS)
    rows = con.execute(
        "SELECT x.item_id, x.events, x.exposures FROM mmsql.item_exposure(k := 2) x "
        "WHERE x.algorithm = 'graph' ORDER BY x.item_id"
    ).fetchall()
    assert rows == [("a", 8, 2), ("b", 2, 1), ("c", 0, 1), ("d", 1, 0), ("e", 4, 0)]


def test_user_hits_by_hand(con, add_evaluation) -> None:
    add_evaluation(
        held_out={"ann": ["b", "a", "z"], "bob": ["z"], "cem": ["a"]},
        lists={"ann": ["a", "c", "b"], "bob": ["a"]},
        popularity={"ann": ["c"], "bob": ["z"], "cem": ["c", "a"]},
    )
    rows = con.execute(
        "SELECT h.algorithm, h.user_id, h.held_out, h.hit_ranks FROM mmsql.user_hits(k := 3) h ORDER BY ALL"
    ).fetchall()
    assert rows == [
        ("graph", "ann", 3, [1, 3]),
        ("graph", "bob", 1, []),
        ("graph", "cem", 1, []),
        ("popularity", "ann", 3, []),
        ("popularity", "bob", 1, [1]),
        ("popularity", "cem", 1, [2]),
    ]


def test_an_item_kept_back_twice_is_one_item(con, add_evaluation) -> None:
    add_evaluation(held_out={"ann": ["a", "a"]}, lists={"ann": ["a"]})
    assert con.execute(
        "SELECT h.held_out, h.hit_ranks FROM mmsql.user_hits(k := 1) h WHERE h.algorithm = 'graph'"
    ).fetchall() == [(1, [1])]


class Numpy:
    """The metrics of lists computed again, plainly."""

    def __init__(self, lists: dict, events: dict, vectors: dict, users: int, k: int) -> None:
        self.lists = [items[:k] for items in lists.values()]
        self.events, self.vectors, self.users = events, vectors, users

    def catalog_coverage(self) -> float:
        return len(set().union(*self.lists)) / len(self.events)

    def novelty(self) -> float:
        bits = {item: -np.log2(max(count, 1) / self.users) for item, count in self.events.items()}
        return float(np.mean([np.mean([bits[item] for item in items]) for items in self.lists]))

    def gini(self) -> float:
        # Half the relative mean absolute difference: the definition, not the sorted form.
        shown = np.array([sum(item in items for items in self.lists) for item in self.events], dtype=float)
        return float(np.abs(shown[:, None] - shown[None, :]).mean() / (2 * shown.mean()))

    def intra_list_diversity(self) -> float:
        users = []
        for items in self.lists:
            known = [np.array(self.vectors[item]) for item in items if self.vectors[item] is not None]
            apart = [1 - a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in combinations(known, 2)]
            if apart:
                users.append(np.mean(apart))
        return float(np.mean(users))


@pytest.mark.parametrize("k", [3, 10])
def test_agrees_with_numpy(con, add_evaluation, k: int) -> None:
    rng = np.random.default_rng(11)
    items = [f"i{n}" for n in range(40)]
    popular = 1 / np.arange(1, 41)
    events = {item: int(60 / (n + 1)) for n, item in enumerate(items)}
    events["i39"] = 0
    vectors = {item: rng.normal(size=16).tolist() if rng.random() < 0.8 else None for item in items}

    def draw() -> dict[str, list[str]]:
        lengths = rng.integers(1, 15, size=30)
        return {
            f"u{user}": rng.choice(items, size=length, replace=False, p=popular / popular.sum()).tolist()
            for user, length in enumerate(lengths)
        }

    lists, by_popularity = draw(), draw()
    held_out = {user: [ranked[0]] for user, ranked in lists.items()}
    add_evaluation(
        held_out=held_out,
        lists=lists,
        popularity=by_popularity,
        events=events,
        vectors=vectors,
        training_users=60,
    )
    for algorithm, ranked in (("graph", lists), ("popularity", by_popularity)):
        again = Numpy(ranked, events, vectors, users=60, k=k)
        for metric in ("catalog_coverage", "novelty", "gini"):
            expected = getattr(again, metric)()
            assert values(con, metric, k)[algorithm] == pytest.approx(expected, abs=1e-9), metric
        # Cosines of FLOAT vectors are computed in single precision.
        expected = again.intra_list_diversity()
        assert values(con, "intra_list_diversity", k)[algorithm] == pytest.approx(expected, abs=1e-6)


def test_novelty_has_an_upper_end(con, add_evaluation) -> None:
    add_evaluation(held_out=HELD_OUT, lists={"ann": ["c"], "bob": ["c"]}, events=EVENTS, training_users=1000)
    assert values(con, "novelty", k=1)["graph"] == pytest.approx(log2(1000))
