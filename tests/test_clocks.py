"""Clocks that go wrong: events in the future, before there were shops, in any order, twice, of mixed units."""

from __future__ import annotations

import csv

import pytest

from mmsql.jobs import training
from mmsql.jobs.checks import check
from mmsql.loading.single_file import load_file

pytestmark = pytest.mark.usefixtures("counting_encoder")

EVERYBODY = "SELECT user_id, rank, item_id, round(score, 6) FROM recommend_each(k := 5) ORDER BY ALL"


def lists(con) -> list[tuple]:
    training.train(con.cursor(), "graph")
    return con.execute(EVERYBODY).fetchall()


@pytest.mark.parametrize("year", ["2999-12-31", "9999-12-31 23:59:59"])
def test_a_device_that_lives_in_the_future_changes_nothing_for_anybody(shop, year):
    """Only the order of a user's own events counts, not their distance from each other or from now."""
    shop.execute("INSERT INTO interactions SELECT 'u0', 'i7', 'view', 1, max(ts) + INTERVAL 1 HOUR FROM interactions")
    near = lists(shop)
    shop.execute(f"UPDATE interactions SET ts = TIMESTAMP '{year}' WHERE user_id = 'u0' AND item_id = 'i7'")
    assert lists(shop) == near
    (warned,) = [finding for finding in check(shop) if "in the future" in finding.finding]
    assert (warned.level, warned.source) == ("warning", "interactions")


def test_what_happens_now_counts_though_an_earlier_event_was_of_the_future(shop):
    shop.execute("UPDATE interactions SET ts = TIMESTAMP '2999-12-31' WHERE user_id = 'u0' AND item_id = 'i1'")
    training.train(shop.cursor(), "ials", options={"epochs": 1})
    known = "SELECT item_id, weight FROM mmsql._history('users', ['u0'], NULL) WHERE weight > 0"
    assert shop.execute(known).fetchall() == []
    shop.execute("INSERT INTO interactions VALUES ('u0', 'i7', 'view', NULL, now()::TIMESTAMP)")
    ((item, weight),) = shop.execute(known).fetchall()
    assert (item, weight) == ("i7", pytest.approx(0.85))


@pytest.mark.parametrize("year", ["1970-01-01", "1969-07-20", "0001-01-01"])
def test_an_event_before_there_were_shops_is_the_first(shop, year):
    shop.execute("INSERT INTO interactions SELECT 'u0', 'i7', 'view', 1, min(ts) - INTERVAL 1 HOUR FROM interactions")
    near = lists(shop)
    shop.execute(f"UPDATE interactions SET ts = TIMESTAMP '{year}' WHERE user_id = 'u0' AND item_id = 'i7'")
    assert lists(shop) == near
    (warned,) = [finding for finding in check(shop) if "before 1995" in finding.finding]
    assert warned.level == "warning"


@pytest.mark.parametrize("order", ["hash(user_id || item_id)", "ts DESC", "item_id, user_id"])
def test_the_order_of_rows_means_nothing(shop, order):
    near = lists(shop)
    shop.execute(f"CREATE TABLE main.mixed AS FROM interactions ORDER BY {order}")
    shop.execute("DELETE FROM interactions; INSERT INTO interactions FROM main.mixed")
    assert lists(shop) == near


@pytest.mark.parametrize("some", ["true", "user_id IN ('u1', 'u2')"])
def test_events_that_stand_there_twice_count_once(shop, some):
    near = lists(shop)
    shop.execute(f"INSERT INTO interactions FROM interactions WHERE {some}")
    assert lists(shop) == near


def test_events_without_a_moment_may_be_the_same_and_several(shop):
    shop.execute("UPDATE interactions SET ts = NULL")
    near = lists(shop)
    shop.execute("INSERT INTO interactions FROM interactions WHERE user_id IN ('u1', 'u2')")
    assert lists(shop) != near


def test_times_of_mixed_units_in_one_file(shop, tmp_path):
    path = tmp_path / "events.csv"
    moment = 1_700_000_000
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["user_id", "item_id", "event", "ts"])
        for place, factor in enumerate((1, 10**3, 10**6, 10**9)):
            writer.writerow(["new", f"i{place}", "view", (moment + place) * factor])
    load_file(shop, "interactions", path)
    found = shop.execute("SELECT item_id, epoch(ts) FROM interactions WHERE user_id = 'new' ORDER BY ts").fetchall()
    assert found == [(f"i{place}", moment + place) for place in range(4)]


FUTURE = ["2099-01-01", "2999-12-31", "infinity"]


@pytest.mark.core
@pytest.mark.parametrize("year", FUTURE)
@pytest.mark.parametrize(
    "ask",
    [
        "SELECT DISTINCT user_id, last_event, days_inactive FROM winback(20)",
        "SELECT DISTINCT user_id, last_event, days_inactive FROM winback(0, k := 1)",
        "FROM expected_demand(active_days := 10)",
        "FROM drift()",
    ],
)
def test_a_window_of_days_ends_with_the_latest_event_that_has_happened(trained, ask, year):
    before = trained.execute(f"{ask} ORDER BY ALL").fetchall()
    assert before
    trained.execute(f"INSERT INTO interactions VALUES ('u5', 'i6', 'view', 1, '{year}')")
    assert trained.execute(f"{ask} ORDER BY ALL").fetchall() == before


@pytest.mark.parametrize("year", FUTURE)
def test_someone_who_has_only_been_in_the_future_has_not_been_away(trained, year):
    trained.execute(f"INSERT INTO interactions VALUES ('traveller', 'i6', 'view', 1, '{year}')")
    found = {user for (user,) in trained.execute("SELECT user_id FROM winback(0)").fetchall()}
    assert "traveller" not in found
    assert "u5" in found


@pytest.mark.parametrize("year", FUTURE)
def test_the_split_by_time_tests_no_event_of_the_future(shop, year):
    held_out = "SELECT user_id, item_id FROM mmsql.holdout WHERE evaluation = ? ORDER BY ALL"
    tested = []
    for evaluation in (1, 2):
        shop.execute("CALL evaluate(algorithm := 'popularity', split := 'time')").fetchall()
        tested.append(shop.execute(held_out, [evaluation]).fetchall())
        shop.execute(
            f"INSERT INTO interactions SELECT 'u' || range % 40, 'i' || range % 7, 'buy', 1, '{year}' FROM range(99)"
        )
    assert tested[0] == tested[1] != []
