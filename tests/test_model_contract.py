"""One contract for every algorithm of the registry."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

import mmsql
from mmsql.config import ALGORITHM_CONFIGS, configure
from mmsql.data.content import Content, read_content
from mmsql.data.dataset import Dataset, prepare
from mmsql.errors import OptionError
from mmsql.jobs import training
from mmsql.models.base import EDGE_SCHEMA, EpochLog, FittedModel
from mmsql.models.registry import MODELS, find_model
from mmsql.store import versions

# Options that keep an algorithm quick; the contract does not ask for quality.
QUICK: dict[str, dict[str, Any]] = {
    "fusion": {"epochs": 2, "embedding_size": 8, "layers": 1, "batch_size": 16, "device": "cpu"},
    "blend": {"epochs": 2, "embedding_size": 8, "layers": 1, "batch_size": 16, "device": "cpu", "search_steps": 0},
    "ials": {"epochs": 2, "embedding_size": 8, "device": "cpu"},
    "jmf": {"epochs": 2, "embedding_size": 8, "device": "cpu"},
    "mvmf": {"epochs": 2, "embedding_size": 8, "device": "cpu"},
}
NAMES = [model.name for model in MODELS]

pytestmark = pytest.mark.usefixtures("counting_encoder")


CORE = ("graph", "fusion")  # one of counts and one of gradients are asked of every DuckDB


@pytest.fixture(params=[pytest.param(name, marks=[pytest.mark.core] * (name in CORE)) for name in NAMES])
def algorithm(request) -> str:
    return request.param


@pytest.fixture
def trained(
    made_once, shop_path: Path, tmp_path: Path, algorithm: str, counting_encoder
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to a copy of the small shop with a model of the algorithm: it is trained once a run."""

    def make(path: Path) -> None:
        with mmsql.connect(shutil.copyfile(shop_path, path)) as con:
            train(con, algorithm)

    with mmsql.connect(shutil.copyfile(made_once(f"contract {algorithm}", make), tmp_path / "shop.duckdb")) as con:
        yield con


def train(con: duckdb.DuckDBPyConnection, algorithm: str, **options: Any) -> str:
    return training.train(con.cursor(), algorithm, options={**QUICK.get(algorithm, {}), **options}).model


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def everybodys_lists(con: duckdb.DuckDBPyConnection, k: int = 5) -> list[tuple]:
    return rows(con, "FROM mmsql.recommend_each(k := $1)", k)


def state(con: duckdb.DuckDBPyConnection, model: str) -> dict[str, list[tuple]]:
    return {
        table: rows(con, f"SELECT * EXCLUDE (model) FROM mmsql.{table} WHERE model = ? ORDER BY ALL", model)
        for table in versions.STATE_TABLES
    }


def fit(
    con: duckdb.DuckDBPyConnection,
    algorithm: str,
    check: Callable[[Dataset, Content, FittedModel, list[EpochLog]], None],
    encoder: Any = None,
) -> None:
    model, log = find_model(algorithm), []
    config = configure(model.config_type, QUICK.get(algorithm, {}), algorithm)
    with prepare(con.cursor(), seed=config.seed) as dataset:
        content = read_content(dataset, encoder) if encoder else Content()
        check(dataset, content, model.fit(dataset, content, config, log.append), log)


def test_the_registry_and_the_configurations_agree():
    assert len(set(NAMES)) == len(NAMES)
    assert set(NAMES) <= set(ALGORITHM_CONFIGS)
    for model in MODELS:
        assert model.config_type is ALGORITHM_CONFIGS[model.name]
        assert find_model(model.name) is model
        assert type(model).__doc__
    with pytest.raises(OptionError, match=r"Unknown algorithm 'oracle'. Allowed: popularity, graph, fusion"):
        find_model("oracle")


def test_what_fit_returns_is_sound(shop, algorithm, counting_encoder):
    def check(dataset: Dataset, content: Content, fitted: FittedModel, log: list[EpochLog]) -> None:
        assert fitted.bias.shape == (dataset.items,)
        assert fitted.bias.dtype == np.float32
        assert np.isfinite(fitted.bias).all()
        assert (fitted.bias >= 0).all()
        assert fitted.edges.schema == EDGE_SCHEMA
        weight = fitted.edges["weight"].to_numpy()
        assert np.isfinite(weight).all()
        assert (weight > 0).all()
        item, neighbor = fitted.edges["item_index"].to_numpy(), fitted.edges["neighbor_index"].to_numpy()
        assert (item != neighbor).all()
        assert ((item >= 0) & (item < dataset.items) & (neighbor >= 0) & (neighbor < dataset.items)).all()
        pairs = list(zip(item, neighbor, fitted.edges["modality"].to_pylist(), strict=True))
        assert len(pairs) == len(set(pairs))
        assert (fitted.item_vectors is None) == (fitted.user_vectors is None)
        if fitted.item_vectors is not None:
            assert fitted.item_vectors.shape[0] == dataset.items
            assert fitted.user_vectors.shape == (dataset.users, fitted.item_vectors.shape[1])
            for vectors in (fitted.item_vectors, fitted.user_vectors):
                assert vectors.dtype == np.float32
                assert np.isfinite(vectors).all()
        assert find_model(algorithm).has_user_tower == (fitted.user_vectors is not None)
        assert find_model(algorithm).has_weights == bool(fitted.weights)
        assert [row.epoch for row in log] == list(range(1, len(log) + 1))
        assert all(np.isfinite(row.loss) and row.seconds >= 0 for row in log)

    fit(shop, algorithm, check, counting_encoder)


def test_k_items_for_everybody_none_seen(trained):
    lists = everybodys_lists(trained)
    assert len(lists) == 5 * 40
    seen = set(rows(trained, "SELECT user_id, item_id FROM interactions"))
    assert seen.isdisjoint({(user, item) for user, _, item, _ in lists})
    assert all(np.isfinite(score) for *_, score in lists)
    stored = rows(trained, "SELECT user_id, item_id FROM mmsql.recommendations")
    assert seen.isdisjoint(stored)
    assert len(rows(trained, "FROM recommend('u3', k := 1000, exclude_seen := false)")) == 12


def test_a_stranger_and_a_newcomer_are_served(trained):
    assert len(rows(trained, "FROM recommend('nobody', k := 5)")) == 5
    trained.execute("INSERT INTO interactions VALUES ('newcomer', 'i3', 'view', NULL, TIMESTAMP '2026-01-01')")
    assert len(rows(trained, "FROM recommend('newcomer', k := 5)")) == 5
    assert ("i3",) not in rows(trained, "SELECT item_id FROM recommend('newcomer', k := 100)")


def test_reasons_add_up(trained):
    for user in ("u3", "nobody"):
        for item, score in rows(trained, "SELECT item_id, score FROM recommend(?, k := 3)", user):
            ((total,),) = rows(trained, "SELECT sum(contribution) FROM explain(?, ?)", user, item)
            assert total == pytest.approx(score, abs=1e-9)


def test_it_survives_closing_the_file(trained, algorithm):
    before = everybodys_lists(trained)
    path = rows(trained, "SELECT path FROM duckdb_databases() WHERE database_name = current_database()")[0][0]
    weights = versions.load_weights(trained, f"{algorithm}-1")
    trained.close()
    for connect in (
        lambda: mmsql.connect(path, read_only=True),
        lambda: duckdb.connect(path),
        lambda: mmsql.connect(path),
    ):
        with connect() as con:
            assert everybodys_lists(con) == before
            again = versions.load_weights(con, f"{algorithm}-1")
            assert again.keys() == weights.keys()
            assert all(np.array_equal(again[name], weights[name]) for name in weights)


def test_same_seed_same_answer(trained, algorithm):
    first, second = state(trained, f"{algorithm}-1"), state(trained, train(trained, algorithm))
    assert first == second
    assert first["catalog"]


def test_the_order_of_rows_means_nothing(trained, algorithm):
    first = state(trained, f"{algorithm}-1")
    for table in ("interactions", "items", "comments"):
        trained.execute(f"CREATE OR REPLACE TEMP TABLE turned AS SELECT * FROM mmsql.{table} ORDER BY hash(rowid)")
        trained.execute(f"DELETE FROM mmsql.{table}; INSERT INTO mmsql.{table} FROM turned")
    second = state(trained, train(trained, algorithm))
    if algorithm == "fusion":  # its item features are sums of floats, added up in the order of rows
        assert [row[:-1] for row in first["catalog"]] == [row[:-1] for row in second["catalog"]]
    else:
        assert first["recommendations"] == second["recommendations"]


def test_without_any_content(shop, algorithm):
    shop.execute("DELETE FROM items; DELETE FROM comments")
    train(shop, algorithm)
    assert len(everybodys_lists(shop)) == 5 * 40
    content = "SELECT DISTINCT modality FROM mmsql.item_edges WHERE modality IN ('comment', 'text', 'attribute')"
    assert rows(shop, content) == []


def test_without_any_time_event_or_weight(shop, algorithm):
    shop.execute("UPDATE interactions SET ts = NULL, event = NULL, weight = NULL")
    train(shop, algorithm)
    assert len(everybodys_lists(shop)) == 5 * 40


@pytest.mark.parametrize(
    ("users", "items", "expected"),
    [(1, 1, 0), (1, 5, 0), (5, 1, 0), (3, 3, 0)],
    ids=["one event", "one user", "one item", "everybody has seen everything"],
)
def test_the_smallest_shops(new_file, tmp_path, algorithm, users, items, expected):
    with mmsql.connect(new_file(tmp_path / "small.duckdb")) as con:
        con.execute(
            "INSERT INTO interactions SELECT 'u' || u, 'i' || i, 'view', 1, "
            "TIMESTAMP '2025-01-01' + to_days(i::INTEGER) "
            "FROM range($users) a(u), range($items) b(i)",
            {"users": users, "items": items},
        )
        train(con, algorithm)
        assert len(everybodys_lists(con)) == expected
        assert len(rows(con, "FROM recommend('nobody', k := 10)")) == items
        con.execute("INSERT INTO items (item_id, title) VALUES ('fresh', 'A fresh item')")
        train(con, algorithm)
        assert rows(con, "SELECT item_id FROM recommend('u0', k := 10)") == [("fresh",)]


def test_refresh(trained, algorithm):
    trained.execute("INSERT INTO interactions VALUES ('newcomer', 'i3', 'view', NULL, TIMESTAMP '2026-01-01')")
    trained.execute("INSERT INTO items (item_id, title) VALUES ('fresh', 'A fresh item')")
    ((model, users, items),) = rows(trained, "SELECT model, users, items FROM refresh()")
    assert (model, users, items) == (f"{algorithm}-2", 41, 14)
    assert ("fresh",) in rows(trained, "SELECT item_id FROM recommend('newcomer', k := 100)")
    # All items but i3, which was had, and i11, which is not available.
    assert len(rows(trained, "FROM mmsql.top_recommendations WHERE user_id = 'newcomer'")) == 12


def test_it_can_be_evaluated(trained, algorithm):
    found = rows(trained, "SELECT model, users, metric, value, popularity FROM evaluate(k := 5)")
    assert len(found) == 14
    assert {row[:2] for row in found} == {(f"{algorithm}-1", 40)}
    assert all(np.isfinite(row[3]) and np.isfinite(row[4]) for row in found)


def test_embed_behavior(shop, algorithm):
    train(shop, algorithm)
    ((known, unknown, nothing),) = rows(
        shop, "SELECT embed_behavior(['i1', 'i2']), embed_behavior(['never seen']), embed_behavior(NULL)"
    )
    assert np.isfinite(known).all()
    assert len(known) > 1
    assert (unknown, nothing) == (None, None)


def ordered_histories(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Give each user's items in the order of training, oldest first."""
    with prepare(con.cursor(), seed=ALGORITHM_CONFIGS["graph"]().seed) as dataset:
        found = dataset.con.execute(
            "SELECT u.user_id, list(c.item_id ORDER BY e.position) FROM train_events e JOIN train_users u USING "
            "(user_index) JOIN train_catalog c USING (item_index) GROUP BY u.user_id"
        ).fetchall()
    return dict(found)


def test_a_user_tower_gives_the_vector_term_of_the_score(shop, algorithm):
    shop.execute("UPDATE interactions SET event = NULL, ts = NULL")  # a list of ids says no more than that
    towered = find_model(algorithm).has_user_tower
    train(shop, algorithm, **({"decay": 1.0} if towered else {}))
    asked = {
        (user, item): score
        for user, history in sorted(ordered_histories(shop).items())[:4]
        for item, score in rows(
            shop,
            "SELECT v.item_id, fused_score(embed_behavior($1), v.vector) FROM mmsql.item_vectors v "
            "WHERE v.modality = $2",
            history,
            "fused" if towered else "text",
        )
    }
    pairs = [{"user_id": user, "item_id": item} for user, item in asked]
    reasons = "SELECT e.user_id, e.item_id, e.contribution FROM mmsql.explain_each($1) e WHERE e.modality = 'fused'"
    explained = rows(shop, reasons, pairs)
    assert asked
    assert all(np.isfinite(score) for score in asked.values())
    assert len(explained) == (len(asked) if towered else 0)
    for user, item, contribution in explained:
        assert asked[user, item] == pytest.approx(contribution, rel=1e-4, abs=1e-5)


def test_vectors_of_different_lengths_are_explained(shop, algorithm):
    train(shop, algorithm)
    model = f"{algorithm}-1"
    if find_model(algorithm).has_user_tower:
        expected = rf"compare embed_behavior with item vectors of modality 'fused' of the deployed model {model}\."
    else:
        expected = (
            rf"{model} has no user tower, so embed_behavior returns a mean of text vectors, to be compared with"
        )
    with pytest.raises(duckdb.Error, match=expected):
        rows(shop, "SELECT fused_score(embed_behavior(['i1', 'i2']), [1.0])")
