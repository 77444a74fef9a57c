"""The lists of a model with vectors equal those of a plain computation in numpy, for all options."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mmsql
from mmsql.db import serving
from mmsql.db.queries import insert_rows

ITEMS, USERS, WITH_VECTOR, SIZE, VECTOR_WEIGHT = 260, 24, 19, 4, 0.5
DECIMALS = 12
CATEGORIES, BRANDS = 9, 5


def fill_made_shop(con: duckdb.DuckDBPyConnection) -> None:
    """Write a shop with a made model: many equal sums, negative edges, and items and users without a vector.

    Vectors hold quarters, so equal products are equal to the last bit. The last users and every eleventh item have no
    vector. Negative edges leave the items without a vector, which only some users with a vector have.
    """
    draw = np.random.default_rng(7)
    quarters = draw.integers(-2, 3, (USERS + ITEMS, SIZE)) / 4
    items, users = [f"i{n:03d}" for n in range(ITEMS)], [f"u{n:02d}" for n in range(USERS)]
    bias = [(n * 7 % ITEMS) // 60 / 1000 for n in range(ITEMS)]
    sources = [
        (
            item,
            f"Item {n}",
            f"C{n % CATEGORIES}" if n % 13 else None,
            f"B{n % BRANDS}" if n % 7 else None,
            5.0 + n % 50 if n % 17 else None,
            n % 19 != 3,
        )
        for n, item in enumerate(items)
    ]
    pairs = [
        (user, n)
        for user in range(USERS)
        for n in drawn_history(draw, quarters[:ITEMS] @ quarters[ITEMS + user] * VECTOR_WEIGHT + bias, user)
    ]
    days = [90 if n % 11 == 0 else int(draw.integers(90)) for _, n in pairs]
    events = [
        (users[user], items[n], ("buy", "view")[n % 2], datetime(2025, 1, 1) + timedelta(days=day))
        for (user, n), day in zip(pairs, days, strict=True)
    ]
    edges = [
        ("made", items[n], items[to], "behavior", draw.integers(1, 9) / (-16 if n % 11 == 0 and to % 3 else 128))
        for n in range(ITEMS)
        for to in draw.choice(ITEMS, 14 if n % 11 else 90, replace=False)
    ]
    fill(con, "items", ("item_id", "title", "category", "brand", "price", "available"), sources)
    fill(con, "interactions", ("user_id", "item_id", "event", "ts"), events)
    fill(con, "item_edges", ("model", "item_id", "neighbor_id", "modality", "weight"), edges)
    catalog = [("made", item, ITEMS - n, bias[n]) for n, item in enumerate(items)]
    fill(con, "catalog", ("model", "item_id", "events", "bias"), catalog)
    item_vectors = [("made", item, "fused", quarters[n].tolist()) for n, item in enumerate(items) if n % 11]
    fill(con, "item_vectors", ("model", "item_id", "modality", "vector"), item_vectors)
    as_of = datetime(2025, 3, 1)
    user_vectors = [("made", users[n], quarters[ITEMS + n].tolist(), as_of) for n in range(WITH_VECTOR)]
    fill(con, "user_vectors", ("model", "user_id", "vector", "as_of"), user_vectors)
    con.execute("INSERT INTO event_weights VALUES ('made', 'buy', 2), ('made', 'view', 1)")
    con.execute("INSERT INTO deployments VALUES (1, 'made', now()::TIMESTAMP, NULL)")
    con.execute(
        "INSERT INTO models (model, algorithm, status, decay, history_length, edge_weight, vector_weight, "
        "created_at) VALUES ('made', 'blend', 'ready', 0.9, 3, 0.7, ?, now()::TIMESTAMP)",
        [VECTOR_WEIGHT],
    )
    serving.fill(con)


def drawn_history(draw: np.random.Generator, sums: np.ndarray, user: int) -> list[int]:
    """Draw items of a user: some of those that would be listed first, others, and for some users negative edges."""
    best = np.argsort(-sums, kind="stable")[: 4 * (user % 5)]
    chosen = {int(n) for n in (*best, *draw.choice(ITEMS, 4, replace=False))} - set(range(0, ITEMS, 11))
    return sorted(chosen | ({11, 22, 33} if user % 2 and user < WITH_VECTOR else set()))


def fill(con: duckdb.DuckDBPyConnection, name: str, columns: tuple[str, ...], rows: list[tuple]) -> None:
    """Insert rows into a table at once."""
    table = pa.table(dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True)))
    insert_rows(con, f"INSERT INTO mmsql.{name} BY NAME FROM new_rows", table, {})


@dataclass(frozen=True, repr=False)
class MadeShop:
    """The made shop with the score of every user and item, by matrix products in numpy."""

    con: duckdb.DuckDBPyConnection
    items: dict[str, np.ndarray]
    users: list[str]
    score: np.ndarray
    seen: np.ndarray
    bought: np.ndarray

    def __repr__(self) -> str:
        return "the made shop"


RULES = (
    "INSERT INTO rules (rule, item_id, factor) VALUES ('ban', 'i001', NULL), ('ban', 'i030', NULL), "
    "('pin', 'i200', 2), ('pin', 'i131', 1), ('bury', 'i002', 3), ('bury', 'i003', NULL), ('boost', 'i250', 4)",
    "INSERT INTO rules (rule, category, factor) VALUES ('boost', 'C4', 1.5)",
)


@pytest.fixture(scope="module", params=["plain", "ruled"])
def made(request, made_once, tmp_path_factory) -> Iterator[MadeShop]:
    def make(path: Path) -> None:
        with mmsql.connect(path) as con:
            fill_made_shop(con)

    path = shutil.copy(made_once("made vectors", make), tmp_path_factory.mktemp("made") / "made.duckdb")
    with mmsql.connect(path) as con:
        for statement in RULES if request.param == "ruled" else ():
            con.execute(statement)
        yield read(con)


def read(con: duckdb.DuckDBPyConnection) -> MadeShop:
    """Read the sources and the state of the model, and compute all scores."""
    query = (
        "SELECT c.item_id, c.bias, i.category, i.brand, i.price, i.available, coalesce(r.banned, false) AS banned, "
        "coalesce(r.priority, 0) AS priority, coalesce(r.boost, 1) AS boost, v.vector FROM mmsql.catalog c "
        "JOIN mmsql.items i USING (item_id) LEFT JOIN mmsql.item_vectors v USING (item_id) "
        "LEFT JOIN mmsql._rule_effects() r USING (item_id) ORDER BY c.item_id"
    )
    rows = con.execute(query).fetchall()
    names = [column[0] for column in con.description][:-1]
    items = {name: np.array([row[n] for row in rows], dtype=object) for n, name in enumerate(names)}
    position = {item: n for n, item in enumerate(items["item_id"])}
    item_vectors = np.array([row[-1] or [0.0] * SIZE for row in rows])
    users = [f"u{user:02d}" for user in range(USERS)]
    edges, weights, user_vectors = np.zeros((ITEMS, ITEMS)), np.zeros((USERS, ITEMS)), np.zeros((USERS, SIZE))
    seen, bought = np.zeros((USERS, ITEMS), dtype=bool), np.zeros((USERS, ITEMS), dtype=bool)
    for item, neighbor, weight in con.execute("SELECT item_id, neighbor_id, weight FROM item_edges").fetchall():
        edges[position[item], position[neighbor]] += weight
    for user, item, weight in con.execute(
        "SELECT user_id, item_id, weight FROM mmsql._history('everybody', NULL, NULL)"
    ).fetchall():
        weights[users.index(user), position[item]], seen[users.index(user), position[item]] = weight, True
    for user, item in con.execute("SELECT user_id, item_id FROM interactions WHERE event = 'buy'").fetchall():
        bought[users.index(user), position[item]] = True
    for user, vector in con.execute("SELECT user_id, vector FROM user_vectors").fetchall():
        user_vectors[users.index(user)] = vector
    score = weights @ edges + VECTOR_WEIGHT * user_vectors @ item_vectors.T + items["bias"].astype(float)
    return MadeShop(con, items, users, score.round(DECIMALS), seen, bought)


def expected_list(shop: MadeShop, user: int, k: int, asked: dict) -> list[tuple[str, float]]:
    """Rank all items for a user in plain Python."""
    items, allowed = shop.items, ~shop.items["banned"].astype(bool)
    if asked.get("only_available", True):
        allowed &= items["available"].astype(bool)
    for name in ("category", "brand"):
        if name in asked:
            allowed &= items[name] == asked[name]
    if "max_price" in asked:
        allowed &= np.array([price is not None and price <= asked["max_price"] for price in items["price"]])
    if "candidates" in asked:
        allowed &= np.isin(items["item_id"].astype(str), asked["candidates"])
    hidden = shop.seen[user] if asked.get("exclude_seen", True) else np.zeros(ITEMS, dtype=bool)
    if "exclude_events" in asked:
        hidden = shop.bought[user]
    score, boost, priority = shop.score[user], items["boost"].astype(float), items["priority"].astype(float)
    boosted = np.where(score > 0, score * boost, score / boost)
    taken: list[tuple[str, float]] = []
    full: dict[str, Counter] = {"category": Counter(), "brand": Counter()}
    for n in np.lexsort((np.arange(ITEMS), -boosted, -priority)):
        values = {name: items[name][n] for name in full}
        free = all(
            value is None or full[name][value] < asked.get(f"per_{name}", ITEMS) for name, value in values.items()
        )
        if allowed[n] and not hidden[n] and free:
            taken.append((items["item_id"][n], score[n]))
            for name, value in values.items():
                full[name][value] += 1
    return taken[:k]


def options() -> st.SearchStrategy[dict]:
    """Draw some of the options of a list."""
    return st.fixed_dictionaries(
        {},
        optional={
            "category": st.sampled_from([f"C{n}" for n in range(CATEGORIES)]),
            "brand": st.sampled_from([f"B{n}" for n in range(BRANDS)]),
            "max_price": st.integers(5, 60),
            "only_available": st.booleans(),
            "exclude_seen": st.booleans(),
            "exclude_events": st.just(["buy"]),
            "candidates": st.lists(st.integers(0, ITEMS + 3).map(lambda n: f"i{n:03d}"), max_size=60),
            "per_category": st.integers(1, 4),
            "per_brand": st.integers(1, 9),
        },
    )


def assert_equal_lists(found: list[tuple[str, float]], expected: list[tuple[str, float]]) -> None:
    assert [row[0] for row in found] == [row[0] for row in expected]
    assert [row[1] for row in found] == pytest.approx([row[1] for row in expected], abs=1e-9)


def assert_exact_for_all(made: MadeShop, k: int, asked: dict) -> None:
    named = "".join(f", {name} := ${name}" for name in asked)
    query = f"SELECT user_id, item_id, score FROM mmsql.recommend_each(k := $k{named}) ORDER BY user_id, rank"
    rows = made.con.execute(query, {"k": k, **asked}).fetchall()
    for user, name in enumerate(made.users):
        assert_equal_lists([row[1:] for row in rows if row[0] == name], expected_list(made, user, k, asked))


@pytest.mark.core
@given(k=st.one_of(st.integers(1, 40), st.just(ITEMS)), asked=options())
def test_lists_of_many_users_are_exact(made, k, asked):
    """Lists of up to 200 come from heaps, longer ones and those with caps from the scores of all items."""
    assert_exact_for_all(made, k, asked)


@pytest.mark.core
@pytest.mark.parametrize("exclude_seen", [True, False])
def test_lists_of_every_length_are_exact(made, exclude_seen):
    """Each length has another last place, where items with equal sums compete."""
    for k in (*range(1, 9), 13, 21, 34):
        assert_exact_for_all(made, k, {"exclude_seen": exclude_seen})


@pytest.mark.core
@given(k=st.integers(1, 40), asked=options(), user=st.integers(0, USERS - 1))
def test_the_list_of_one_user_is_exact(made, k, asked, user):
    named = "".join(f", {name} := ${name}" for name in asked)
    query = f"SELECT r.item_id, r.score FROM mmsql.recommend($user, k := $k{named}) r ORDER BY r.rank"
    rows = made.con.execute(query, {"user": made.users[user], "k": k, **asked}).fetchall()
    assert_equal_lists(rows, expected_list(made, user, k, asked))


@pytest.mark.core
def test_of_equal_sums_the_lowest_ids_are_taken_in_any_order_of_rows(made):
    """A heap keeps the first rows that it reads; here they have the highest ids."""
    steps = (
        "visitors AS (SELECT 1 AS visitor, 1.0 AS vector_weight, [1.0] AS vector, 3 AS most)",
        "items AS (SELECT i AS popularity_rank, 100 - i AS item_id, 0.1 AS bias, [2.0] AS vector, 1 AS item_group "
        "FROM range(1, 100) t(i))",
        "linked AS (SELECT 1 AS visitor, 1 AS popularity_rank, 0.0 AS edge, 0.0 AS attribute WHERE false)",
    )
    best = "mmsql._best_term_sums('visitors', 'items', 'linked', 'linked', 'linked', 3)"
    query = f"WITH {', '.join(steps)} SELECT 100 - b.popularity_rank AS item_id FROM {best} b ORDER BY 1 LIMIT 3"
    assert made.con.execute(query).fetchall() == [(1,), (2,), (3,)]
