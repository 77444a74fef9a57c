"""Exposure, popularity bias and drift: worked by hand, against scipy, and their errors."""

from __future__ import annotations

from math import log2

import duckdb
import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from mmsql.db import sqlfiles

pytestmark = pytest.mark.core


@pytest.fixture
def con(empty: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    return empty


@pytest.fixture
def lists(con) -> None:
    """Store a model whose lists show a and b to ann, a and c to bob; a and b are of brand A, c is of B, d of none."""
    con.execute("INSERT INTO mmsql.deployments VALUES (1, 'graph-1', NULL, NULL)")
    con.execute("INSERT INTO mmsql.models(model, users) VALUES ('graph-1', 3)")
    con.execute(
        "INSERT INTO mmsql.recommendations VALUES ('graph-1', 'ann', 1, 'a', 1), ('graph-1', 'ann', 2, 'b', 1), "
        "('graph-1', 'bob', 1, 'a', 1), ('graph-1', 'bob', 2, 'c', 1)"
    )
    con.execute("INSERT INTO mmsql.catalog VALUES ('graph-1', 'a', 6, 0), ('graph-1', 'b', 3, 0), "
                "('graph-1', 'c', 1, 0), ('graph-1', 'd', 0, 0)")  # fmt: skip
    con.execute("INSERT INTO mmsql.items(item_id, brand) VALUES ('a', 'A'), ('b', 'A'), ('c', 'B'), ('d', NULL)")
    con.execute("CREATE OR REPLACE TABLE mmsql.users AS FROM (VALUES ('ann', 'F'), ('bob', 'M'), ('eve', 'M')) "
                "v(user_id, sex)")  # fmt: skip
    con.execute("INSERT INTO mmsql.interactions(user_id, item_id) VALUES ('ann', 'a'), ('ann', 'a'), ('ann', 'c'), "
                "('bob', 'c'), ('eve', 'b'), ('bob', 'd')")  # fmt: skip


def test_exposure_of_items_by_hand(con, lists) -> None:
    found = con.execute("FROM mmsql.exposure('brand', k := 2)").fetchall()
    second = 1 / log2(3)
    whole = 2 + 2 * second
    # Distinct pairs with a brand: a, c, c, b.
    assert found == [
        (
            "A",
            2,
            pytest.approx(2 / 3),
            0.5,
            pytest.approx((2 + second) / whole),
            pytest.approx((2 + second) / whole / 0.5),
        ),
        ("B", 1, pytest.approx(1 / 3), 0.5, pytest.approx(second / whole), pytest.approx(second / whole / 0.5)),
    ]
    assert con.execute("SELECT x.exposure_share FROM mmsql.exposure('brand', k := 1) x").fetchall() == [(1,), (0,)]


def test_exposure_of_users_by_hand(con, lists) -> None:
    # eve has no list. Pairs: ann a, c; bob c, d; eve b.
    assert con.execute("FROM mmsql.exposure('sex')").fetchall() == [
        ("F", 1, 0.5, pytest.approx(2 / 5), pytest.approx(0.5), pytest.approx(5 / 4)),
        ("M", 1, 0.5, pytest.approx(3 / 5), pytest.approx(0.5), pytest.approx(5 / 6)),
    ]


def test_popularity_bias_by_hand(con, lists) -> None:
    rows = {row[0]: row[1:] for row in con.execute("FROM mmsql.popularity_bias(k := 2)").fetchall()}
    # Of 10 events a has the first fifth and more: head. The last fifth is of b and c: tail, and d with them.
    # ann's history a, c, bob's c, d; lists a, b and a, c.
    users, history, listed, lift, history_tail, list_tail, gini = rows["all"]
    assert (users, history, listed) == pytest.approx((2, (3.5 + 0.5) / 2, (4.5 + 3.5) / 2))
    assert (lift, history_tail, list_tail) == pytest.approx((1, (0.5 + 1) / 2, (0.5 + 0.5) / 2))
    # Exposures d 0, b 1, c 1, a 2 of four items.
    assert gini == pytest.approx((-1 * 1 + 1 * 1 + 3 * 2) / (4 * 4))
    assert list(rows) == ["all", "niche", "diverse"]
    assert rows["niche"][:3] == pytest.approx((1, 0.5, 3.5))


@pytest.fixture
def shop(con) -> np.random.Generator:
    """Store a model of 40 items with heavy-tailed counts and the events that it was trained on."""
    con.execute("INSERT INTO mmsql.deployments VALUES (1, 'graph-1', NULL, NULL)")
    con.execute("INSERT INTO mmsql.models(model, users) VALUES ('graph-1', 600)")
    con.execute("INSERT INTO mmsql.catalog SELECT 'graph-1', 'i' || n, 600 // (n + 1), 0 FROM range(40) r(n)")
    con.execute("INSERT INTO mmsql.items(item_id, category) SELECT 'i' || n, 'c' || n % 4 FROM range(40) r(n)")
    con.execute("INSERT INTO mmsql.interactions(user_id, item_id) SELECT 'u' || u, 'i' || n FROM range(40) r(n), "
                "LATERAL (SELECT unnest(range(600 // (n + 1))) u)")  # fmt: skip
    con.execute("INSERT INTO mmsql.item_vectors(model, item_id, modality, vector) SELECT 'graph-1', 'i' || n, "
                "'fused', [cos(n % 4), sin(n % 4)] FROM range(40) r(n)")  # fmt: skip
    return np.random.default_rng(1)


def add_events(con, items: np.ndarray) -> None:
    con.execute(
        "INSERT INTO mmsql.interactions(user_id, item_id) "
        "SELECT 'n' || generate_subscripts(x.i, 1), 'i' || unnest(x.i) FROM (SELECT ? AS i) x",
        [items.tolist()],
    )


def measured(con) -> dict[str, tuple]:
    return {row[0]: row[1:] for row in con.execute("FROM mmsql.drift()").fetchall()}


def test_drift_of_nothing(con, shop) -> None:
    found = measured(con)
    assert list(found) == ["new_events", "new_users", "new_items", "popularity_psi", "category_psi",
                           "category_divergence", "item_divergence", "vector_shift"]  # fmt: skip
    assert [found[name] for name in ("new_events", "new_users", "new_items")] == [(0, None, "none", 0)] * 3
    assert {row[0] for name, row in found.items() if "_" in name and not name.startswith("new")} == {None}


def test_drift_of_more_of_the_same_is_none(con, shop) -> None:
    counts = 600 // np.arange(1, 41)
    add_events(con, shop.choice(40, 300, p=counts / counts.sum()))
    found = measured(con)
    assert found["new_events"][0] == pytest.approx(300 / (counts.sum() + 300))
    assert found["new_users"][0] == pytest.approx(300 / 900)
    psis = ("popularity_psi", "category_psi", "category_divergence", "item_divergence", "vector_shift")
    assert {found[name][2] for name in psis} == {"none"}


def test_drift_to_other_items_is_strong(con, shop) -> None:
    items = shop.choice([3, 23, 27, 31, 35, 39, 50], 300)
    add_events(con, items)
    found = measured(con)
    counts = 600 // np.arange(1, 41)
    before = np.array([counts[n::4].sum() for n in range(4)])
    since = np.array([0, 0, 0, (items < 50).sum()])
    p, q = np.maximum(since, 0.5) / since.sum(), np.maximum(before, 0.5) / before.sum()
    assert found["category_psi"][0] == pytest.approx(((p - q) * np.log(p / q)).sum())
    chance = 3 * (1 / before.sum() + 1 / since.sum())
    assert found["category_psi"][1] == pytest.approx(chance)
    assert found["category_divergence"][0] == pytest.approx(jensenshannon(since, before, 2) ** 2, abs=1e-9)
    whole, fresh = np.append(counts, 0), np.array([(items == n).sum() for n in [*range(40), 50]])
    assert found["item_divergence"][0] == pytest.approx(jensenshannon(fresh, whole, 2) ** 2, abs=1e-9)
    assert found["new_items"][3] == (items == 50).sum()
    assert found["vector_shift"][0] > 0.2
    assert {found[name][2] for name in ("category_psi", "popularity_psi", "category_divergence")} == {"strong"}


def test_drift_over_categories_that_are_numbers(con, shop) -> None:
    add_events(con, shop.choice([3, 23, 27], 300))
    words = measured(con)
    con.execute("ALTER TABLE mmsql.items RENAME TO own_items")
    con.execute(
        "CREATE VIEW mmsql.items AS "
        "SELECT i.* REPLACE (CAST(right(i.category, 1) AS INTEGER) AS category) FROM mmsql.own_items i"
    )
    assert words["category_psi"][0] > 0
    assert measured(con)["category_psi"] == pytest.approx(words["category_psi"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("exposure('colour')", "Unknown attribute colour. Allowed: available, brand, category"),
        ("exposure(NULL)", r"exposure needs an attribute. Type exposure\('brand'\)"),
        ("exposure('brand', k := 0)", "k must be a whole number of at least 1, 0 was given. Type k := 10."),
        ("popularity_bias(k := NULL)", "k must be a whole number of at least 1, NULL was given"),
        ("exposure('brand', model := 'ease-9')", "ease-9 has no lists in mmsql.recommendations. Run CALL train"),
        ("popularity_bias(model := 'ease-9')", "or name one of: graph-1."),
        ("drift(model := 'ease-9')", "There is no catalog of the model ease-9 in this file. It has: graph-1."),
    ],
)
def test_errors(con, lists, call: str, message: str) -> None:
    with pytest.raises(duckdb.Error, match=message):
        con.execute(f"FROM mmsql.{call}").fetchall()


def test_without_a_model(con) -> None:
    with pytest.raises(duckdb.Error, match="No model is deployed in this file"):
        con.execute("FROM mmsql.drift()").fetchall()
    with pytest.raises(duckdb.Error, match="No model has no lists in mmsql"):
        con.execute("FROM mmsql.popularity_bias()").fetchall()


def test_examples_run(con, lists) -> None:
    for name in ("exposure", "popularity_bias", "drift", "_stored_lists"):
        source = sqlfiles.read("health", name)
        assert {"Returns", "Example"} <= set(source.sections)
        assert con.execute(source.example).fetchall()
