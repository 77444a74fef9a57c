"""The item graph: the search for options, edges of content and co-occurrence, and what is served."""

from __future__ import annotations

import dataclasses
import itertools

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from made_graphs import FLAT, add, edges, item_names

from mmsql.config import GraphConfig
from mmsql.data.content import Content
from mmsql.data.dataset import prepare
from mmsql.data.splits import hold_out_last
from mmsql.models.base import no_log
from mmsql.models.comparison import surely_better
from mmsql.models.graph import Graph, behavior, search
from mmsql.models.graph.behavior import behavior_edges, cooccurrence_edges, count_pairs
from mmsql.models.graph.content import content_edges
from mmsql.models.graph.search import GRIDS, GraphObjective, continued, search_options


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
def con(empty: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    return empty


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
