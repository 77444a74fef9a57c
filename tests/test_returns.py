"""Events whose weight is 0 or less, such as returns, count as nothing in every model, list, report and evaluation."""

from __future__ import annotations

import duckdb
import pytest

from mmsql.jobs import training
from mmsql.jobs.checks import check
from mmsql.models.registry import MODELS

pytestmark = pytest.mark.usefixtures("counting_encoder")

QUICK = {"epochs": 2, "embedding_size": 8, "device": "cpu"}
OPTIONS = {
    "graph": {"search_steps": 0},
    "fusion": {**QUICK, "layers": 1, "batch_size": 16},
    "blend": {**QUICK, "layers": 1, "batch_size": 16, "search_steps": 0},
    **dict.fromkeys(("ials", "jmf", "mvmf"), QUICK),
}


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    """Return the rows of a query; numbers rounded, since threads add up in any order."""
    return [
        tuple(round(value, 9) if isinstance(value, float) else value for value in row)
        for row in con.execute(query).fetchall()
    ]


def return_much(con: duckdb.DuckDBPyConnection, weight: float) -> None:
    """Let everybody, and many more, return i12, which nobody has bought, long before all other events."""
    con.execute(
        "INSERT INTO interactions SELECT 'u' || range, 'i12', 'return', ?, TIMESTAMP '2026-06-01' FROM range(40)",
        [weight],
    )
    con.execute("INSERT INTO interactions SELECT 'w' || range, 'i12', 'return', ?, NULL FROM range(40)", [weight])


def answers(con: duckdb.DuckDBPyConnection, algorithm: str) -> list[list[tuple]]:
    training.train(con.cursor(), algorithm, options=OPTIONS.get(algorithm, {}))
    return [
        rows(con, query)
        for query in (
            "SELECT item_id, events, bias FROM mmsql.catalog ORDER BY item_id",
            "SELECT item_id, neighbor_id, modality, weight FROM mmsql.item_edges ORDER BY ALL",
            "SELECT user_id, item_id, round(score, 5) FROM recommend_each(users := ['u1', 'u2', 'u3'], k := 99) "
            "WHERE item_id <> 'i12' ORDER BY ALL",
            "SELECT item_id, round(score, 5) FROM recommend('nobody', k := 99) ORDER BY ALL",
            "SELECT item_id, round(score, 5) FROM recommend_session(['i3'], k := 99) ORDER BY ALL",
        )
    ]


@pytest.mark.parametrize("weight", [-1, 0, -0.5])
@pytest.mark.parametrize("algorithm", [model.name for model in MODELS])
def test_a_model_is_the_one_without_them(shop, algorithm, weight):
    if weight != -1 and algorithm != "graph":
        pytest.skip("one weight is enough for the others")
    before = answers(shop, algorithm)
    shop.execute("DELETE FROM mmsql.item_edges; DELETE FROM mmsql.catalog")
    return_much(shop, weight)
    assert answers(shop, algorithm) == before
    assert ("i12",) not in rows(shop, "SELECT item_id FROM recommend('u1', k := 99)")  # it was seen
    assert len(rows(shop, "FROM recommend('w1', k := 5)")) == 5


@pytest.mark.parametrize("split", ["leave_last_out", "time", "cold_items"])
def test_an_evaluation_holds_out_none(shop, split):
    evaluated = f"SELECT metric, users, round(value, 9) FROM evaluate(algorithm := 'popularity', split := '{split}')"
    before = rows(shop, evaluated)
    return_much(shop, -1)
    assert rows(shop, evaluated) == before
    held_out = "SELECT count(*) FROM mmsql.holdout WHERE item_id = 'i12' OR user_id[1] = 'w'"
    assert rows(shop, held_out) == [(0,)]


@pytest.mark.parametrize(
    "report",
    [
        "FROM cross_sell('i3', k := 99)",
        "FROM popularity_bias()",
        "FROM exposure('brand')",
        "FROM drift()",
        "SELECT * FROM onboarding(users := ['u1', 'new'])",
        "FROM popular_items(k := 99)",
    ],
)
def test_a_report_counts_none(trained, report):
    trained.execute("INSERT INTO mmsql.users (user_id) VALUES ('new')")
    before = rows(trained, report)
    return_much(trained, -1)
    assert rows(trained, report) == before


def test_refresh_sees_no_drift(trained):
    return_much(trained, -1)
    ((status, drift, users),) = rows(trained, "SELECT status, drift, new_users FROM refresh()")
    assert (status, drift, users) == ("refreshed", 0, 0)


def test_stored_lists_are_the_live_ones(shop):
    return_much(shop, -1)
    training.train(shop.cursor(), "graph")
    stored = rows(
        shop, "SELECT user_id, item_id, rank FROM mmsql.recommendations WHERE item_id <> 'i12' ORDER BY ALL"
    )
    live = rows(
        shop,
        "SELECT user_id, item_id, rank FROM recommend_each(k := 20, only_available := false) WHERE item_id <> 'i12' "
        "AND user_id IN (SELECT user_id FROM mmsql.recommendations) ORDER BY ALL",
    )
    assert [row[:2] for row in stored] == [row[:2] for row in live]


def test_a_newcomer_is_not_shown_what_was_only_returned(empty):
    for user in range(1, 7):
        empty.execute(f"INSERT INTO interactions VALUES ('u{user}', 'A', 'buy', 1, '2024-01-01')")
        empty.execute(f"INSERT INTO interactions VALUES ('u{user}', 'B', 'buy', 1, '2024-01-02')")
    empty.execute("INSERT INTO interactions SELECT 'x' || range, 'BAD', 'return', -1, '2024-01-03' FROM range(1, 10)")
    empty.execute("INSERT INTO interactions VALUES ('z', 'A', 'buy', 1, '2024-01-01')")
    training.train(empty.cursor(), "graph")
    assert rows(empty, "SELECT item_id FROM recommend('newcomer', k := 3) ORDER BY rank") == [
        ("A",),
        ("B",),
        ("BAD",),
    ]
    (found,) = [finding for finding in check(empty) if "weight of 0 or less" in finding.finding]
    assert (found.level, found.finding) == ("note", "9 events with a weight of 0 or less.")
