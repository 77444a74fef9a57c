"""Pairs of items in histories, by hand: order, ties, sessions, types of events."""

from __future__ import annotations

import dataclasses

import duckdb
import numpy as np
import pytest
from made_graphs import FLAT, add, edges, named, pairs, visit

from mmsql.config import GraphConfig
from mmsql.data.dataset import prepare
from mmsql.models.graph.behavior import count_pairs


@pytest.fixture
def con(empty: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    return empty


def test_pairs_by_hand(con):
    add(con, "u", "a b c d")
    with prepare(con, seed=1) as dataset:
        near, far = 1 / np.sqrt(4), 0.8 / np.sqrt(4)
        expected = {("a", "b"): near, ("b", "c"): near, ("c", "d"): near, ("a", "c"): far, ("b", "d"): far}
        found = pairs(dataset, dataclasses.replace(FLAT, window_size=2))
        assert {pair: weight for pair, (weight, _) in found.items()} == pytest.approx(expected)
        assert [simultaneous for _, simultaneous in found.values()] == pytest.approx([0.0] * 5, abs=1e-12)


def test_simultaneous_events_count_in_both_directions(con):
    add(con, "u", "a (b c)")
    with prepare(con, seed=1) as dataset:
        weight, simultaneous = next(value for pair, value in pairs(dataset, FLAT).items() if set(pair) == {"b", "c"})
        assert weight == pytest.approx(simultaneous) == pytest.approx(1 / np.sqrt(3))
        found = edges(dataset, dataclasses.replace(FLAT, reverse_share=0))
        assert found["b", "c"] == found["c", "b"]
        assert ("b", "a") not in found


def test_sessions_by_hand(con):
    visit(con, "u", "a b c d", [0, 30, 60.1, 61])  # only the second gap is longer than 30 minutes
    config = dataclasses.replace(FLAT, window_size=3)
    with prepare(con, seed=1) as dataset:
        found = named(dataset, count_pairs(dataset, config, separate_sessions=True))
        near, far, farthest = 1 / 2, 0.8 / 2, 0.64 / 2  # of a history of four
        assert found["forward"] == pytest.approx({"ab": near, "cd": near})
        assert found["cross_session"] == pytest.approx({"bc": near, "ac": far, "bd": far, "ad": farthest})
        longer = named(
            dataset, count_pairs(dataset, dataclasses.replace(config, session_gap=0.95), separate_sessions=True)
        )
        assert longer["forward"] == pytest.approx({"cd": near})
        assert (
            count_pairs(dataset, dataclasses.replace(config, session_gap=31), separate_sessions=True).cross_session
            is None
        )
        assert (
            count_pairs(dataset, dataclasses.replace(config, session_gap=0), separate_sessions=True).cross_session
            is None
        )


def test_cross_session_pairs_are_weighted_by_the_option(con):
    visit(con, "u", "a b c", [0, 1, 200])
    visit(con, "v", "c d", [0, 1])
    with prepare(con, seed=1) as dataset:
        whole = edges(dataset, dataclasses.replace(FLAT, reverse_share=0.5))
        half = edges(dataset, dataclasses.replace(FLAT, reverse_share=0.5, cross_session_weight=0.5))
        for pair in (("b", "c"), ("c", "b"), ("a", "c"), ("c", "a")):
            assert half[pair] / half["a", "b"] == pytest.approx(whole[pair] / whole["a", "b"] / 2)
        assert half["c", "d"] / half["a", "b"] == pytest.approx(whole["c", "d"] / whole["a", "b"])
        none = edges(dataset, dataclasses.replace(FLAT, cross_session_weight=0))
        assert set(none) == {("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")}


def test_separate_session_counts_add_up_to_the_total(con):
    draw = np.random.default_rng(3)
    for user in range(40):
        timestamps = [None if draw.random() < 0.1 else float(draw.integers(0, 400)) for _ in range(12)]
        visit(con, f"u{user}", " ".join(f"i{n}" for n in draw.permutation(30)[:12]), sorted(timestamps, key=str))
    with prepare(con, seed=1) as dataset:
        plain, separate = count_pairs(dataset, FLAT), count_pairs(dataset, FLAT, separate_sessions=True)
        assert plain.cross_session is None
        assert separate.cross_session.nnz > 0
        assert separate.forward.nnz > 0
        assert (separate.forward + separate.cross_session).toarray() == pytest.approx(plain.forward.toarray())
        assert separate.simultaneous.toarray() == pytest.approx(plain.simultaneous.toarray())


def test_events_without_a_time_are_one_session(con):
    visit(con, "u", "a b c d", [None, None, 0, 10])
    with prepare(con, seed=1) as dataset:
        found = named(dataset, count_pairs(dataset, FLAT, separate_sessions=True))
        assert set(found["forward"]) == {"cd"}
        assert set(found["simultaneous"]) == {"ab", "ba"}
        assert set(found["cross_session"]) == {"ac", "ad", "bc", "bd"}


@pytest.mark.parametrize(
    ("minutes", "recognised"),
    [
        ([0, 1, 200], True),
        ([0, 0, 200], True),  # an order of two items, then another order
        ([0, 0, 1440], False),  # dates
        ([75, 75, 75 + 2880], False),  # dates in another time zone
        ([0, 1, 2], False),
        ([0, 100, 200], False),
        ([None, None, None], False),
        ([None, None, 5], False),
    ],
)
def test_sessions_are_recognised_in_timestamps_but_not_in_dates(con, minutes, recognised):
    visit(con, "u", "a b c", minutes)
    visit(con, "v", "c", [777])
    with prepare(con, seed=1) as dataset:
        assert (count_pairs(dataset, FLAT, separate_sessions=True).cross_session is not None) == recognised
        half = dataclasses.replace(FLAT, cross_session_weight=0.5)
        assert count_pairs(dataset, half).cross_session is not None, "an option that is given counts"


def test_edges_by_hand(con):
    add(con, "u", "a b")
    add(con, "v", "a b")
    add(con, "w", "a c")
    config = GraphConfig(reverse_share=0.5, source_exponent=0.5, target_exponent=1.0)
    with prepare(con, seed=1) as dataset:
        w = 1 / np.sqrt(2)  # weight of one pair
        raw = {("a", "b"): 2 * w, ("a", "c"): w, ("b", "a"): w, ("c", "a"): w / 2}
        leaving = {name: sum(v for (a, _), v in raw.items() if a == name) for name in "abc"}
        entering = {name: sum(v for (_, b), v in raw.items() if b == name) for name in "abc"}
        plain = {(a, b): v / leaving[a] ** 0.5 / entering[b] for (a, b), v in raw.items()}
        scale = np.mean([max(v for (a, _), v in plain.items() if a == name) for name in "abc"])
        assert edges(dataset, config) == pytest.approx({pair: v / scale for pair, v in plain.items()}, rel=1e-6)
        only = edges(dataset, dataclasses.replace(config, neighbors=1))
        assert len(only) == 3


def test_a_row_has_the_weight_of_its_strongest_event_type(con):
    add(con, "u", "a b")
    add(con, "u", "a", "buy", day=-5)
    add(con, "v", "a b")
    config = dataclasses.replace(FLAT, event_weights="buy:4")
    with prepare(con, seed=1) as dataset:
        assert dataset.event_types() == ["view", "buy"]
        weight, _ = pairs(dataset, config)["a", "b"]
        # u's row of a stands for two events of weight 1 each, v's for one
        assert weight == pytest.approx((np.sqrt(2 * 4) + 1) / np.sqrt(2))


def test_a_share_of_the_users_can_be_counted(con):
    for n in range(400):
        add(con, f"u{n}", f"x{n} y{n}")
    with prepare(con, seed=1) as dataset:
        assert len(pairs(dataset, FLAT)) == 400
        assert 150 < len(pairs(dataset, FLAT, share=0.5)) < 250
