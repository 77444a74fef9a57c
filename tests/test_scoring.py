"""rank_all and the SQL macros compute one and the same sum."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mmsql
from mmsql.data.content import Content
from mmsql.data.dataset import AgedHistories, Holdout, prepare
from mmsql.jobs import selection, training
from mmsql.models import scoring
from mmsql.models.base import EDGE_SCHEMA, FittedModel, ScoreParameters
from mmsql.models.graph import Graph
from mmsql.models.registry import find_model

RANDOM_SHOP = """
    INSERT INTO mmsql.interactions
    SELECT 'u' || (u % 50), 'i' || ((u * u + 7 * e) % 31), 'view', 1 + e % 3,
           CASE WHEN u % 7 <> 0 THEN TIMESTAMP '2025-01-01' + to_days(CAST(hash(u * 100 + e) % 9 AS INTEGER)) END
    FROM range(80) a(u), range(9) b(e)
"""


@pytest.fixture
def crowd(shop, counting_encoder):
    """Give the small shop with fifty more users, many ties in time, some without any time, and content."""
    shop.execute(RANDOM_SHOP)
    return shop


@pytest.fixture(params=["dense", "sparse"])
def edges_as(request, monkeypatch):
    """Rank through a dense matrix of edges, which small catalogs have, and as large ones do."""
    monkeypatch.setattr(scoring, "DENSE_ITEMS", 10**9 if request.param == "dense" else 0)


def lists(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, list[tuple[str, float]]]:
    found: dict[str, list[tuple[str, float]]] = {}
    for user, item, score in con.execute(query).fetchall():
        found.setdefault(user, []).append((item, score))
    return found


def assert_the_same(con: duckdb.DuckDBPyConnection) -> None:
    """Compare the lists stored in training with what the macros say now."""
    stored = lists(
        con,
        "SELECT user_id, item_id, score FROM mmsql.recommendations r JOIN mmsql.models() m USING (model) "
        "WHERE m.deployed ORDER BY user_id, rank",
    )
    asked = lists(
        con,
        f"SELECT user_id, item_id, score FROM recommend_each(k := {training.STORED_DEPTH}, only_available := false)",
    )
    assert set(stored) == set(asked)
    assert len(stored) > 20
    for user, expected in asked.items():
        rounding = 1e-7 * max(abs(score) for _, score in expected)  # of float32, where large parts cancel out
        assert [score for _, score in stored[user]] == pytest.approx(
            [score for _, score in expected], rel=1e-5, abs=rounding
        )
        # Items may change places only where their scores tie within float32.
        score_of = dict(stored[user])
        for item, score in expected[:-1]:
            assert score_of.get(item, stored[user][-1][1]) == pytest.approx(score, rel=1e-5, abs=rounding)
    for user in [*sorted(asked)[::20], "nobody"]:
        one, of_many = (
            con.execute(f"SELECT item_id, score FROM {call} ORDER BY rank", [user]).fetchall()
            for call in ("recommend(?, k := 15)", "recommend_each([?], k := 15)")
        )
        assert one == of_many


OPTIONS = [
    "",
    "history_length := 1",
    "history_length := 3, decay := 0.5",
    "decay := 1",
    "decay := 0",
    "decay := 0.02, popularity_weight := 0",
    "comment_weight := 0, text_weight := 0, attribute_weight := 0",
    "comment_weight := 10, neighbors := 1, content_neighbors := 1, popularity_weight := 0",
    "popularity_weight := 100",
    "ease_weight := 0.7, ease_content := 0.3",
    "event_weights := {'buy': 3, 'view': 0.25}",
    "search_steps := 30",
]
# Every option with a dense matrix of edges; those that change how events or edges weigh with a sparse one too.
RANKED = [("dense", options) for options in OPTIONS] + [("sparse", OPTIONS[place]) for place in (0, 2, 5, 9, 10)]


@pytest.mark.parametrize(("edges_as", "options"), RANKED, indirect=["edges_as"])
def test_stored_lists_equal_the_macros_answers(crowd, edges_as, options):
    searched = "" if "search_steps" in options else "search_steps := 0, "
    crowd.execute(f"CALL train('graph', {searched}{options or 'seed := 42'})").fetchall()
    modalities = {name for (name,) in crowd.execute("SELECT DISTINCT modality FROM mmsql.item_edges").fetchall()}
    if "search_steps" not in options:
        content = set() if "comment_weight := 0," in options else {"comment", "text", "attribute"}
        assert modalities == {"behavior", *content, *(["ease"] if "ease" in options else [])}
    assert_the_same(crowd)


def test_popularity_too(crowd, edges_as):
    crowd.execute("CALL train('popularity')").fetchall()
    assert_the_same(crowd)


class WithVectors(Graph):
    """The graph's edges, and random vectors beside them, as a deep model has them."""

    def __init__(self, edge_weight: float, users: bool = True) -> None:
        self.edge_weight = edge_weight
        self.users = users

    def fit(self, dataset, content, config, log):
        fitted = super().fit(dataset, content, config, log)
        draw = np.random.default_rng(1)
        serving = dataclasses.replace(fitted.serving, edge_weight=self.edge_weight, vector_weight=2.5)
        return dataclasses.replace(
            fitted,
            serving=serving,
            item_vectors=draw.normal(size=(dataset.items, 6)).astype(np.float32),
            user_vectors=draw.normal(size=(dataset.users, 6)).astype(np.float32) if self.users else None,
            weights={"w": np.eye(2, dtype=np.float32)},
        )


@pytest.mark.parametrize("edge_weight", [1.0, 0.25, 0.0])
def test_user_vectors_too(crowd, monkeypatch, edge_weight):
    monkeypatch.setattr(selection, "find_model", lambda name: WithVectors(edge_weight))
    crowd.execute("CALL train('graph')").fetchall()
    assert_the_same(crowd)
    for user in ("u0", "u7"):
        for item, score in crowd.execute("SELECT item_id, score FROM recommend(?, k := 3)", [user]).fetchall():
            parts = dict(
                crowd.execute(
                    "SELECT modality, sum(contribution) FROM explain(?, ?) GROUP BY ALL", [user, item]
                ).fetchall()
            )
            assert sum(parts.values()) == pytest.approx(score, abs=1e-9)
            assert "fused" in parts
            assert ("behavior" in parts) == (edge_weight > 0)
    audience = crowd.execute("SELECT user_id, score FROM audience('i5', k := 5)").fetchall()
    for user, score in audience:
        ((same,),) = crowd.execute(
            "SELECT score FROM recommend(?, k := 100, candidates := ['i5'])", [user]
        ).fetchall()
        assert score == pytest.approx(same, abs=1e-9)


def test_edges_speak_in_full_for_what_the_vector_does_not_know(crowd, monkeypatch):
    monkeypatch.setattr(selection, "find_model", lambda name: WithVectors(0.0))
    crowd.execute("CALL train('graph')").fetchall()
    parts = crowd.execute("SELECT DISTINCT modality FROM explain('u1', 'i5') ORDER BY ALL").fetchall()
    assert parts == [("fused",), ("popularity",)]
    crowd.execute("INSERT INTO interactions VALUES ('u1', 'i4', 'view', NULL, TIMESTAMP '2026-01-01')")
    ((edge,),) = crowd.execute(
        "SELECT contribution FROM explain('u1', 'i5') WHERE modality = 'behavior' AND evidence_item = 'i4'"
    ).fetchall()
    ((weight,),) = crowd.execute(
        "SELECT e.weight FROM mmsql.item_edges e WHERE e.item_id = 'i4' AND "
        "e.neighbor_id = 'i5' AND e.modality = 'behavior'"
    ).fetchall()
    assert edge == pytest.approx(weight)
    assert crowd.execute("SELECT source FROM recommend('someone new', k := 1)").fetchall() == [("popular",)]
    crowd.execute("INSERT INTO interactions VALUES ('someone new', 'i4', 'view', NULL, NULL)")
    assert crowd.execute("SELECT source FROM recommend('someone new', k := 1)").fetchall() == [("similar",)]


def test_blocks_and_chosen_users_change_nothing(crowd, monkeypatch, edges_as):
    with prepare(crowd.cursor(), seed=1) as dataset:
        model = find_model("graph")
        fitted = model.fit(dataset, Content(), model.config_type(), lambda row: None)
        (whole,) = scoring.rank_all(dataset, fitted, 5)
        monkeypatch.setattr(scoring, "BLOCK_CELLS", dataset.items * 7)
        monkeypatch.setattr(scoring, "DENSE_CELLS", dataset.items * 7)
        blocks = list(scoring.rank_all(dataset, fitted, 5))
        assert len(blocks) == -(-dataset.users // 7)
        for field in ("user_index", "item_index", "rank", "score"):
            parts = np.concatenate([getattr(block, field) for block in blocks])
            np.testing.assert_allclose(parts, getattr(whole, field), rtol=1e-6)
        chosen = np.array([11, 3])
        (few,) = scoring.rank_all(dataset, fitted, 5, chosen)
        assert few.user_index.tolist() == [11] * 5 + [3] * 5
        assert few.item_index[:5].tolist() == whole.item_index[whole.user_index == 11].tolist()
        assert list(scoring.rank_all(dataset, fitted, 5, np.array([], dtype=int))) == []


def test_ranks_and_gains_of_what_was_kept_back():
    con = mmsql.connect(":memory:")
    con.execute("INSERT INTO interactions SELECT 'u' || n, 'a', 'view', 1, NULL FROM range(3) t(n)")
    con.execute("INSERT INTO items (item_id) VALUES ('b'), ('c'), ('d')")
    holdout = Holdout(np.array([0, 1, 2], np.int32), np.array([1, 2, 0], np.int32))  # b, c, and a, which u2 has
    with prepare(con, seed=1) as dataset:
        fitted = FittedModel(
            serving=ScoreParameters(decay=1, history_length=1), bias=np.array([0, 2, 1, 0], dtype=np.float32)
        )
        assert scoring.holdout_ranks(dataset, fitted, holdout).tolist() == [1, 2, 0]
        assert scoring.holdout_ranks(dataset, fitted, holdout, k=1).tolist() == [1, 0, 0]
        assert scoring.holdout_metrics(dataset, fitted, holdout) == pytest.approx((2 / 3, (1 + 1 / np.log2(3)) / 3))
    assert scoring.ndcg_gains(np.array([0, 1, 3])).tolist() == [0.0, 1.0, 0.5]


def test_events_become_inactive_at_one_weight_in_python_and_sql():
    found = []
    for path in sorted((Path(__file__).parent.parent / "sql" / "macros").rglob("*.sql")):
        statement = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("--"))
        found += re.findall(r"pow\([^()]*decay[^()]*\) < (\d\S*)", statement)
        if path.stem == "_min_decay_weight":
            found += re.findall(r"AS\s+\(?([\d.e-]+)", statement)
    assert [float(number) for number in found] == [scoring.MIN_DECAY_WEIGHT]


@pytest.mark.parametrize("decay", [0.0, 0.1, 0.5, 1.0])
def test_weights_of_events_by_hand(decay):
    ages = np.array([0, 1, 6, 7, 30, 2])
    rows, one_type = np.zeros(6, np.int32), np.zeros(6, np.int64)
    latest = np.array([True] * 5 + [False])
    histories = AgedHistories(np.array([0, 6]), rows, np.arange(6, dtype=np.int32), ages, one_type, latest)
    strength = np.array([1.0, 2.0, 3.0, 1e9, 1.0, 1.0])
    faded = [decay**age if decay**age >= 1e-6 and age != 2 else 0.0 for age in ages.tolist()]
    expected = [0.25 * weight * by_type for weight, by_type in zip(faded, strength, strict=True)]
    assert scoring.event_weights(histories, decay, strength, 0.25).tolist() == pytest.approx(expected, rel=1e-6)


def test_edges_of_all_modalities_add_up():
    edges = pa.table(
        {
            "item_index": [0, 0, 1],
            "neighbor_index": [1, 1, 0],
            "modality": ["behavior", "text", "text"],
            "weight": [1.0, 0.5, 2.0],
        }
    ).cast(EDGE_SCHEMA)
    assert scoring.edge_matrix(edges, 3).toarray().tolist() == [[0, 1.5, 0], [2, 0, 0], [0, 0, 0]]
    assert scoring.edge_matrix(EDGE_SCHEMA.empty_table(), 2).nnz == 0
    np.testing.assert_array_equal(scoring.dense_edges(edges, 3), scoring.edge_matrix(edges, 3).toarray())


@given(
    st.integers(1, 6).flatmap(
        lambda items: st.lists(
            st.lists(st.sampled_from([-np.inf, 0.0, 0.5, 1.0, 2.0]), min_size=items, max_size=items),
            min_size=1,
            max_size=5,
        )
    ),
    st.integers(1, 8),
)
def test_top_k_is_a_stable_sort(rows, k):
    scores = np.array(rows, dtype=np.float32)
    users = np.arange(len(scores)) + 10
    found = scoring.top_k(scores.copy(), users, k)
    expected = [
        (10 + row, item, rank + 1, scores[row, item])
        for row in range(len(scores))
        for rank, item in enumerate(
            [item for item in np.argsort(-scores[row], kind="stable") if np.isfinite(scores[row, item])][:k]
        )
    ]
    assert list(zip(found.user_index, found.item_index, found.rank, found.score, strict=True)) == expected
    assert found.to_arrow().column_names == ["user_index", "item_index", "rank", "score"]
