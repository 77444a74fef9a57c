"""The item graph: pair counts, edge weights, and the search for options."""

from __future__ import annotations

import dataclasses
import itertools

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from mmsql.config import GraphConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, prepare
from mmsql.data.splits import hold_out_last
from mmsql.models.base import no_log
from mmsql.models.comparison import surely_better
from mmsql.models.graph import Graph, behavior, search
from mmsql.models.graph.behavior import PairCounts, behavior_edges, cooccurrence_edges, count_pairs
from mmsql.models.graph.content import content_edges
from mmsql.models.graph.search import GRIDS, GraphObjective, continued, search_options

FLAT = GraphConfig(source_exponent=0, target_exponent=0, search_steps=0)


@pytest.fixture
def con(empty: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    return empty


def add(con: duckdb.DuckDBPyConnection, user: str, items: str, event: str = "view", day: int = 0) -> None:
    """Add a history of one item a day; items in brackets have the same timestamp: ``"a b (c d)"``."""
    simultaneous = False
    for name in items.replace("(", "( ").replace(")", " )").split():
        if name in "()":
            simultaneous = name == "("
            day += 1
            continue
        day += not simultaneous
        con.execute(
            "INSERT INTO interactions VALUES (?, ?, ?, 1, TIMESTAMP '2025-01-01' + to_days(?::INTEGER))",
            [user, name, event, day],
        )


def pairs(dataset: Dataset, config: GraphConfig, share: float = 1.0) -> dict[tuple[str, str], tuple[float, float]]:
    names = item_names(dataset)
    found = count_pairs(dataset, config, share)
    forward, simultaneous = found.forward + found.simultaneous, found.simultaneous.toarray()
    forward = forward.tocoo()
    return {
        (names[a], names[b]): (weight, simultaneous[a, b])
        for a, b, weight in zip(forward.row, forward.col, forward.data, strict=True)
    }


def item_names(dataset: Dataset) -> list[str]:
    return [
        name for (name,) in dataset.con.execute("SELECT item_id FROM train_catalog ORDER BY item_index").fetchall()
    ]


def edges(dataset: Dataset, config: GraphConfig) -> dict[tuple[str, str], float]:
    names = item_names(dataset)
    table = behavior_edges(count_pairs(dataset, config), config)
    return {(names[row["item_index"]], names[row["neighbor_index"]]): row["weight"] for row in table.to_pylist()}


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


def visit(con: duckdb.DuckDBPyConnection, user: str, items: str, minutes: list[float | None]) -> None:
    """Add a history with the given minutes of its events."""
    for name, minute in zip(items.split(), minutes, strict=True):
        con.execute(
            "INSERT INTO interactions VALUES (?, ?, 'view', 1, TIMESTAMP '2025-01-01' + to_microseconds(?::BIGINT))",
            [user, name, None if minute is None else int(minute * 60e6)],
        )


def named(dataset: Dataset, counted: PairCounts) -> dict[str, dict[str, float]]:
    """Return the counts of each kind, by the two item names."""
    names = item_names(dataset)
    found = {}
    for kind in ("forward", "simultaneous", "cross_session"):
        matrix = getattr(counted, kind).tocoo()
        found[kind] = {
            names[a] + names[b]: weight for a, b, weight in zip(matrix.row, matrix.col, matrix.data, strict=True)
        }
    return found


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


def test_content_edges_go_both_ways():
    vectors = np.array(
        [[1, 0], [1, 0.01], [1, 0.02], [0.7, 0.7]], np.float32
    )  # the last one is not a nearest neighbour of any other
    (table,) = content_edges(Content(text=vectors), GraphConfig(content_neighbors=1))
    found = set(zip(table["item_index"].to_pylist(), table["neighbor_index"].to_pylist(), strict=True))
    assert {(3, 2), (2, 3)} <= found
    assert {(b, a) for a, b in found} == found
    assert content_edges(Content(text=vectors), GraphConfig(text_weight=0)) == []


@pytest.fixture
def walked(con) -> duckdb.DuckDBPyConnection:
    """Yield 60 items in a ring and 300 users who walk along it, some of them twice an hour."""
    con.execute(
        """
        INSERT INTO mmsql.interactions
        SELECT 'u' || u, 'i' || ((hash(u) % 60 + step * (1 + u % 2)) % 60), 'view', 1,
               TIMESTAMP '2025-01-01' + to_hours(CAST(CASE WHEN u % 3 = 0 THEN step // 2 ELSE step END AS INTEGER))
        FROM range(300) t(u), range(7) s(step)
        """
    )
    return con


@pytest.mark.parametrize(
    "config",
    [
        GraphConfig(),
        GraphConfig(source_exponent=0.7, target_exponent=0.6, reverse_share=0.1),
        GraphConfig(decay=1.0, popularity_weight=0, history_length=2),
        GraphConfig(comment_weight=0.7, text_weight=0.3, ease_weight=0.5),
        GraphConfig(cross_session_weight=0.3, reverse_share=0.25),  # one hour between timestamps
        GraphConfig(cross_session_weight=0.3, session_gap=60),
        GraphConfig.of({"cross_session_weight": 1.0}),
        GraphConfig(comment_weight=0.7, text_weight=0.3, behavior_weight=2.0),
    ],
)
def test_the_bench_measures_what_would_be_served(walked, config):
    draw = np.random.default_rng(1)
    with prepare(walked, seed=1) as dataset, hold_out_last(dataset, seed=1) as (part, holdout):
        content = Content(
            comment=draw.standard_normal((60, 4)).astype(np.float32),
            text=draw.standard_normal((60, 4)).astype(np.float32),
        )
        from mmsql.models.scoring import holdout_ranks, ndcg_gains

        fitted = Graph().fit(part, content, config, no_log)
        expected = ndcg_gains(holdout_ranks(part, fitted, holdout))
        assert GraphObjective(part, content, config, holdout).ndcg(config) == pytest.approx(expected, abs=1e-12)
        assert expected.mean() > 0.2


def test_the_search_finds_better_options(walked):
    spoilt = GraphConfig(popularity_weight=0.4, reverse_share=1.0, decay=1.0)
    with prepare(walked, seed=1) as dataset, hold_out_last(dataset, seed=1) as (part, holdout):
        found = search_options(part, Content(), spoilt, holdout)
        bench = GraphObjective(part, Content(), spoilt, holdout)
        assert found.popularity_weight < 0.4
        assert bench.ndcg(found).mean() > bench.ndcg(spoilt).mean() + 0.05
        assert search_options(part, Content(), spoilt, holdout) == found


def test_the_search_begins_at_the_defaults_where_they_are_better(walked):
    spoilt = GraphConfig(popularity_weight=0.4, reverse_share=1.0, decay=1.0, search_steps=1)
    with prepare(walked, seed=1) as dataset, hold_out_last(dataset, seed=1) as (part, holdout):
        assert search_options(part, Content(), spoilt, holdout) == GraphConfig(search_steps=1)


def test_pairs_are_the_same_however_they_are_added_up(walked, monkeypatch):
    with prepare(walked, seed=1) as dataset:
        counted = []
        for filled in (0, 1e9):
            monkeypatch.setattr(behavior, "DENSE_RATIO", filled)
            counted.append(count_pairs(dataset, GraphConfig())[:2])
    for sparse, whole in zip(*counted, strict=True):
        assert sparse.nnz == whole.nnz > 0
        assert abs(sparse - whole).max() < 1e-12


def test_what_serves_is_not_left_for_what_is_better_by_chance(walked, monkeypatch):
    class Chance(GraphObjective):
        """All settings are equally good; in each seed, others look better by chance."""

        def __init__(self, dataset, content, config, holdout):
            self.users, self.seed, self.dataset, self.scaled = np.arange(400), config.seed, dataset, {}
            self.across = []

        def ndcg(self, config):
            options = [getattr(config, name) for name in GRIDS]
            draw = np.random.default_rng([self.seed, *np.array(options).view(np.uint64)])
            return np.where(draw.random(400) < 0.3, draw.random(400), 0)

    monkeypatch.setattr(search, "GraphObjective", Chance)
    with prepare(walked, seed=1) as dataset:
        left = dict.fromkeys((0.7, 0.8), 0)
        for seed, decay in itertools.product(range(60), left):
            begun = GraphConfig(seed=seed, decay=decay)
            left[decay] += search_options(dataset, Content(), begun, None) != begun
    assert left[0.7] > 30, "the first search takes the best it sees"
    assert left[0.8] <= 5, "two standard errors: one in forty"


@pytest.mark.parametrize("spoilt", [{"decay": 0.3}, {"reverse_share": 1.0, "source_exponent": 0.9}])
def test_what_serves_is_left_where_events_have_changed(walked, spoilt):
    """All users walk along the ring in one direction, unlike in the data that the served options were found on."""
    served = GraphConfig(popularity_weight=0.4, target_exponent=0.7, **spoilt)
    with prepare(walked, seed=1) as dataset, hold_out_last(dataset, seed=1) as (part, holdout):
        found = search_options(part, Content(), served, holdout)
        bench = GraphObjective(part, Content(), served, holdout)
        best = search_options(part, Content(), GraphConfig(), holdout)
        assert found != served
        assert bench.ndcg(found).mean() > 0.9 * bench.ndcg(best).mean()


def test_one_user_says_nothing():
    assert surely_better(np.array([0.3, 0.2, 0.3]), 2.0)
    assert not surely_better(np.array([0.3, -0.2, 0.3]), 2.0)
    assert not surely_better(np.array([0.3]), 2.0)
    assert not surely_better(np.zeros(0), 2.0)


def test_the_search_leaves_what_was_given(walked):
    given = GraphConfig.of({"popularity_weight": 0.4, "decay": 1.0})
    with prepare(walked, seed=1) as dataset, hold_out_last(dataset, seed=1) as (part, holdout):
        found = search_options(part, Content(), given, holdout)
        assert (found.popularity_weight, found.decay) == (0.4, 1.0)
        none = dataclasses.replace(given, search_steps=0)
        assert not Graph().searches(none)
        assert Graph().search(part, Content(), none, holdout, no_log).config == none


def test_the_search_goes_on_from_what_served():
    served = GraphConfig.of({"reverse_share": 0.1})
    served = dataclasses.replace(
        served, decay=0.93, source_exponent=0.45, ease_weight=1.0, event_weights="buy:4", cross_session_weight=0.5
    )
    config = GraphConfig.of({"source_exponent": 0.3})
    found = continued(config, served, items=60)
    assert (found.decay, found.ease_weight, found.event_weights) == (0.93, 1.0, "buy:4")
    assert found.cross_session_weight == 0.5
    assert (found.source_exponent, found.reverse_share) == (0.3, 0.5), "given by name: here, and there"
    assert found.fixed == ("source_exponent",)
    assert continued(config, served, items=3001).ease_weight == 0
    none = GraphConfig.of({"search_steps": 0})
    assert continued(none, served, items=60) == none


def test_the_search_learns_what_events_count(con):
    """Purchases follow the ring; views are random."""
    con.execute(
        """
        INSERT INTO mmsql.interactions
        SELECT 'u' || u,
               'i' || CASE WHEN step % 2 = 0 THEN (hash(u) % 40 + step // 2) % 40 ELSE hash(u * 31 + step) % 40 END,
               CASE WHEN step % 2 = 0 THEN 'buy' ELSE 'view' END, 1,
               TIMESTAMP '2025-01-01' + to_hours(step::INTEGER)
        FROM range(300) t(u), range(9) s(step)
        """
    )
    with prepare(con, seed=1) as dataset, hold_out_last(dataset, seed=1) as (part, holdout):
        found = search_options(part, Content(), GraphConfig(), holdout)
        weights = dict(pair.split(":") for pair in found.event_weights.split(","))
        assert set(weights) == {"view"}  # the rarer event type; the most frequent one counts 1
        assert float(weights["view"]) <= 0.5
        fitted = Graph().fit(part, Content(), found, no_log)
        assert fitted.event_weights == {"view": float(weights["view"])}
        fixed = GraphConfig.of({"event_weights": {"view": 2}})
        assert search_options(part, Content(), fixed, holdout).event_weights == "view:2"


@pytest.fixture
def visited(con) -> duckdb.DuckDBPyConnection:
    """Yield 200 items in a ring. The items of a visit are adjacent, and visits start anywhere."""
    con.execute(
        """
        INSERT INTO mmsql.interactions
        SELECT 'u' || u, 'i' || ((hash(u * 100 + visit) % 200 + step) % 200), 'view', 1,
               TIMESTAMP '2025-01-01' + to_minutes(CAST(visit * 600 + step AS INTEGER))
        FROM range(200) t(u), range(5) v(visit), range(2) s(step)
        """
    )
    return con


def test_the_search_learns_what_sessions_count(visited):
    with prepare(visited, seed=1) as dataset, hold_out_last(dataset, seed=1) as (part, holdout):
        bench = GraphObjective(part, Content(), GraphConfig(), holdout)
        assert "cross_session_weight" in bench.options(GraphConfig())
        found = search_options(part, Content(), GraphConfig(), holdout)
        assert found.cross_session_weight <= 0.5
        alone = bench.ndcg(dataclasses.replace(GraphConfig(), cross_session_weight=found.cross_session_weight))
        assert alone.mean() > bench.ndcg(GraphConfig()).mean() + 0.03
        fixed = GraphConfig.of({"cross_session_weight": 1})
        assert "cross_session_weight" not in GraphObjective(part, Content(), fixed, holdout).options(fixed)
        assert search_options(part, Content(), fixed, holdout).cross_session_weight == 1


def test_the_search_skips_sessions_if_the_data_have_dates_only(visited):
    visited.execute("UPDATE interactions SET ts = date_trunc('day', ts)")
    with prepare(visited, seed=1) as dataset, hold_out_last(dataset, seed=1) as (part, holdout):
        assert "cross_session_weight" not in GraphObjective(part, Content(), GraphConfig(), holdout).options(
            GraphConfig()
        )
        found = search_options(part, Content(), GraphConfig(), holdout)
        given = GraphConfig.of({"cross_session_weight": 1})
        assert found == search_options(part, Content(), given, holdout), "compared without what was given"


def test_event_weights_are_served(con):
    add(con, "buyer", "a", "buy")
    add(con, "buyer", "b", "view", day=9)
    for n in range(3):
        add(con, f"x{n}", "a after_a")
        add(con, f"y{n}", "b after_b")
    con.execute("CALL train('graph', decay := 1, event_weights := {'buy': 5}, reverse_share := 0, search_steps := 0)")
    assert con.execute("SELECT event, weight FROM mmsql.event_weights").fetchall() == [("buy", 5.0)]
    found = con.execute("SELECT item_id, score FROM recommend('buyer', k := 2)").fetchall()
    assert [item for item, _ in found] == ["after_a", "after_b"]
    assert found[0][1] > 4 * found[1][1]
    assert [
        item for (item,) in con.execute("SELECT item_id FROM recommend_session(['a', 'b'], k := 1)").fetchall()
    ] != []


def test_behavior_weight_scales_the_edges(con):
    add(con, "u", "a b")
    add(con, "v", "a c")
    with prepare(con, seed=1) as dataset:
        plain = edges(dataset, FLAT)
        halved = edges(dataset, dataclasses.replace(FLAT, behavior_weight=0.5))
        assert halved == pytest.approx({pair: weight / 2 for pair, weight in plain.items()})
        assert edges(dataset, dataclasses.replace(FLAT, behavior_weight=0)) == {}


def test_without_behavior_only_content_counts(con):
    """All users go from a to b, but the text of d is similar to a."""
    for n in range(5):
        add(con, f"u{n}", "a b")
    add(con, "x", "a c")
    add(con, "y", "d c")
    content = Content(text=np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]], np.float32))
    with prepare(con, seed=1) as dataset:
        assert item_names(dataset) == ["a", "b", "c", "d"]
        for behavior_weight, modalities, likeliest in ((1.0, {"behavior", "text"}, "b"), (0.0, {"text"}, "d")):
            config = dataclasses.replace(
                FLAT, behavior_weight=behavior_weight, popularity_weight=0, content_neighbors=1
            )
            found = Graph().fit(dataset, content, config, no_log).edges
            assert set(found["modality"].to_pylist()) == modalities
            led = {row["neighbor_index"]: row["weight"] for row in found.to_pylist() if row["item_index"] == 0}
            assert max(led, key=led.__getitem__) == "abcd".index(likeliest)


def test_a_graph_without_edges_serves_popular_items(con):
    add(con, "u", "a b")
    add(con, "v", "a c")
    con.execute("CALL train('graph', behavior_weight := 0, search_steps := 0)")
    assert con.execute("SELECT count(*) FROM mmsql.item_edges").fetchall() == [(0,)]
    assert con.execute("SELECT item_id FROM recommend('w')").fetchall()[0] == ("a",)
    assert con.execute("SELECT item_id FROM recommend('u')").fetchall() == [("c",)]


def test_cooccurrence_ignores_distance_and_direction(con):
    add(con, "u", " ".join(f"i{n:02}" for n in range(30)))
    with prepare(con, seed=1) as dataset:
        learned = behavior_edges(count_pairs(dataset, FLAT), FLAT)
        found = cooccurrence_edges(dataset, FLAT, learned)
        assert found.schema == learned.schema
        joined = set(zip(found["item_index"].to_pylist(), found["neighbor_index"].to_pylist(), strict=True))
        assert {(0, 29), (29, 0)} <= joined
        assert len(joined) == 30 * 29
        weights = found["weight"].to_numpy()
        assert weights.sum() == pytest.approx(learned["weight"].to_numpy().sum(), rel=1e-5)
        assert weights.max() == pytest.approx(weights.min(), rel=1e-5)
        halved = learned.set_column(3, learned.schema.field(3), pa.array(learned["weight"].to_numpy() / 2))
        assert cooccurrence_edges(dataset, FLAT, halved)["weight"].to_numpy() == pytest.approx(weights / 2)


def test_without_cooccurrence_nothing_is_predicted(con):
    add(con, "u", "a")
    add(con, "v", "b")
    with prepare(con, seed=1) as dataset:
        learned = behavior_edges(count_pairs(dataset, FLAT), FLAT)
        assert learned.num_rows == 0
        assert cooccurrence_edges(dataset, FLAT, learned).equals(learned)
