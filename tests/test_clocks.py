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
