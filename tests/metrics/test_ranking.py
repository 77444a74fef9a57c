"""The ranking metrics of one user: worked by hand, at the edges, and against ranx."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from mmsql.db.opening import open_database

# A list of which places 1 and 3 hold held-out items. Two items were held out, k = 10.
#   hits@10 = 2
#   precision = 2 / 10, recall = 2 / 2, f1 = 2 · 0.2 · 1 / (0.2 + 1) = 1 / 3
#   DCG  = 1 / log2(2) + 1 / log2(4) = 1 + 1 / 2
#   IDCG = 1 / log2(2) + 1 / log2(3) = 1 + 0.630930 (two held-out items, at best in places 1 and 2)
#   NDCG = 1.5 / 1.630930 = 0.919721
#   AP   = (1/1 + 2/3) / min(2, 10) = 0.833333
#   RR   = 1 / 1
BOTH_FOUND = ("[1, 3]", 2, 10)

# Places 2, 5 and 12, four items held out, k = 5: the hit at 12 is too far down.
#   hits@5 = 2; precision = 2 / 5, recall = 2 / 4, f1 = 2 · 0.4 · 0.5 / 0.9 = 4 / 9
#   DCG  = 1 / log2(3) + 1 / log2(6); IDCG = sum of 1 / log2(r + 1) for r = 1 … 4
#   AP   = (1/2 + 2/5) / min(4, 5) = 0.225
#   RR   = 1 / 2
SOME_FOUND = ("[2, 5, 12]", 4, 5)

# Three items held out, k = 2, places 1, 2 and 3: no list of two can do better.
#   precision = 2 / 2, recall = 2 / 3, f1 = 2 · 2 / (2 + 3) = 0.8
#   NDCG = AP = 1, since both compare with the best list of min(3, 2) places. RR = 1
MORE_THAN_K = ("[1, 2, 3]", 3, 2)

NOTHING_FOUND = ("[]", 1, 10)
TOO_FAR_DOWN = ("[11]", 1, 10)

WORKED = {
    BOTH_FOUND: {
        "hit_rate": 1,
        "recall": 1,
        "precision": 0.2,
        "f1": 1 / 3,
        "ndcg": 0.9197207891481876,
        "average_precision": 5 / 6,
        "reciprocal_rank": 1,
    },
    SOME_FOUND: {
        "hit_rate": 1,
        "recall": 0.5,
        "precision": 0.4,
        "f1": 4 / 9,
        "ndcg": (1 / log2(3) + 1 / log2(6)) / (1 + 1 / log2(3) + 1 / 2 + 1 / log2(5)),
        "average_precision": 0.225,
        "reciprocal_rank": 0.5,
    },
    MORE_THAN_K: {
        "hit_rate": 1,
        "recall": 2 / 3,
        "precision": 1,
        "f1": 0.8,
        "ndcg": 1,
        "average_precision": 1,
        "reciprocal_rank": 1,
    },
    NOTHING_FOUND: dict.fromkeys(
        ("hit_rate", "recall", "precision", "f1", "ndcg", "average_precision", "reciprocal_rank"), 0
    ),
    TOO_FAR_DOWN: dict.fromkeys(
        ("hit_rate", "recall", "precision", "f1", "ndcg", "average_precision", "reciprocal_rank"), 0
    ),
}
METRICS = tuple(WORKED[BOTH_FOUND])

RANX_NAMES = {
    "hit_rate": "hit_rate",
    "recall": "recall",
    "precision": "precision",
    "f1": "f1",
    "ndcg": "ndcg",
    "average_precision": "map",
    "reciprocal_rank": "mrr",
}


@pytest.fixture(scope="module")
def con(empty_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection that only reads: these macros need no table."""
    connection = open_database(empty_file, read_only=True)
    yield connection
    connection.close()


def one(con: duckdb.DuckDBPyConnection, metric: str, ranks: str, held_out: str, k: str) -> Any:
    return con.execute(f"SELECT mmsql.{metric}({ranks}, {held_out}, {k})").fetchall()[0][0]


@pytest.mark.parametrize(
    ("case", "metric", "expected"),
    [(case, metric, value) for case, values in WORKED.items() for metric, value in values.items()],
)
def test_worked_by_hand(
    con: duckdb.DuckDBPyConnection, case: tuple[str, int, int], metric: str, expected: float
) -> None:
    ranks, held_out, k = case
    assert one(con, metric, ranks, str(held_out), str(k)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_is_a_double_also_without_a_hit(con: duckdb.DuckDBPyConnection, metric: str) -> None:
    types = con.execute(f"SELECT typeof(mmsql.{metric}([], 1, 10)), typeof(mmsql.{metric}([1], 1, 10))").fetchall()
    assert types == [("DOUBLE", "DOUBLE")]


@pytest.mark.parametrize("metric", METRICS)
def test_nothing_to_measure_is_null(con: duckdb.DuckDBPyConnection, metric: str) -> None:
    assert one(con, metric, "[1]", "0", "10") is None
    assert one(con, metric, "[1]", "1", "0") is None


@pytest.mark.parametrize("metric", METRICS)
def test_order_of_the_ranks_does_not_matter(con: duckdb.DuckDBPyConnection, metric: str) -> None:
    assert one(con, metric, "[7, 1, 4]", "3", "10") == one(con, metric, "[1, 4, 7]", "3", "10")


@pytest.mark.parametrize("metric", METRICS)
def test_arguments_may_be_columns(con: duckdb.DuckDBPyConnection, metric: str) -> None:
    # Names that a macro could confuse with its own parameters or lambda variables.
    query = (
        f"SELECT mmsql.{metric}(t.hit_ranks, t.held_out, t.k) FROM (VALUES ([1, 3], 2, 10), ([2], 1, 1)) "
        "t(hit_ranks, held_out, k)"
    )
    values = [value for (value,) in con.execute(query).fetchall()]
    assert values == pytest.approx([WORKED[BOTH_FOUND][metric], 0], abs=1e-12)


def test_names_are_free_in_duckdb(con: duckdb.DuckDBPyConnection) -> None:
    # The session's search path is main, mmsql: a macro must not hide a function of DuckDB.
    taken = con.execute(
        "SELECT DISTINCT f.function_name FROM duckdb_functions() f WHERE f.schema_name <> 'mmsql' "
        "AND f.function_name IN "
        "(SELECT g.function_name FROM duckdb_functions() g WHERE g.schema_name = 'mmsql')"
    ).fetchall()
    assert taken == []


@pytest.fixture(scope="module")
def random_users() -> list[tuple[list[int], int, int]]:
    """Give hit ranks, held-out count and list length of 60 users, some without a hit or with short lists."""
    rng = np.random.default_rng(5)
    users = []
    for _ in range(60):
        length = int(rng.integers(1, 25))
        held_out = int(rng.integers(1, 6))
        hits = int(rng.integers(0, min(held_out, length) + 1))
        ranks = sorted((rng.choice(length, size=hits, replace=False) + 1).tolist())
        users.append((ranks, held_out, length))
    return users


@pytest.fixture(scope="module")
def ranx_scores(random_users: list[tuple[list[int], int, int]]) -> dict[tuple[str, int], np.ndarray]:
    """Give ranx' value a user, by metric and k. To compile its metrics takes longer than to go without."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_DISABLE_JIT", "1")
        ranx = pytest.importorskip("ranx")
    relevant, ranked = {}, {}
    for user, (ranks, held_out, length) in enumerate(random_users):
        found = [f"item{rank}" for rank in ranks]
        missed = [f"missed{number}" for number in range(held_out - len(ranks))]
        relevant[f"u{user:02}"] = dict.fromkeys(found + missed, 1)
        ranked[f"u{user:02}"] = {f"item{rank}": 1.0 / rank for rank in range(1, length + 1)}
    scores = {}
    for k in (5, 10):
        names = [f"{name}@{k}" for name in RANX_NAMES.values()]
        found = ranx.evaluate(ranx.Qrels(relevant), ranx.Run(ranked), names, return_mean=False)
        scores |= {(name, k): found[f"{RANX_NAMES[name]}@{k}"] for name in RANX_NAMES}
    return scores


@pytest.mark.parametrize("k", [5, 10])
@pytest.mark.parametrize("metric", METRICS)
def test_agrees_with_ranx(
    con: duckdb.DuckDBPyConnection,
    random_users: list[tuple[list[int], int, int]],
    ranx_scores: dict[tuple[str, int], np.ndarray],
    metric: str,
    k: int,
) -> None:
    # At most five items are held out, so held_out <= k, where both divide average precision by the same.
    ours = [one(con, metric, str(ranks), str(held_out), str(k)) for ranks, held_out, _ in random_users]
    np.testing.assert_allclose(ours, ranx_scores[metric, k], rtol=0, atol=1e-9)
    assert len(set(ours)) > 1
