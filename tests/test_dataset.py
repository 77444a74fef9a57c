"""The training view of the sources, and what a split keeps back."""

from __future__ import annotations

from datetime import datetime

import duckdb
import numpy as np
import pytest

import mmsql
from mmsql.data.dataset import prepare
from mmsql.data.splits import split
from mmsql.errors import SourceError


@pytest.fixture
def con(empty):
    return empty


def add(con: duckdb.DuckDBPyConnection, *events: tuple) -> None:
    """Add events given as user, item, moment (a day of January 2025, or None), weight, event."""
    for user, item, day, weight, event in ((*event, None, None)[:5] for event in events):
        moment = None if day is None else datetime(2025, 1, day)
        con.execute("INSERT INTO interactions VALUES (?, ?, ?, ?, ?)", [user, item, event, weight, moment])


def events_of(
    con: duckdb.DuckDBPyConnection, columns: str = "user_id, item_id, position, length", seed: int = 1, **options
) -> list:
    with prepare(con.cursor(), seed=seed, **options) as dataset:
        return dataset.con.execute(
            f"SELECT {columns} FROM train_events JOIN train_users USING (user_index) "
            f"JOIN train_catalog USING (item_index) "
            "ORDER BY user_index, position"
        ).fetchall()


def kept_back(
    con: duckdb.DuckDBPyConnection, kind: str = "leave_last_out", seed: int = 1, **options
) -> dict[str, set[str]]:
    kept: dict[str, set[str]] = {}
    with split(con.cursor(), kind, seed=seed, **options) as dataset:
        for user, item in dataset.con.execute("SELECT user_id, item_id FROM held_out").fetchall():
            kept.setdefault(user, set()).add(item)
    return kept


def test_indices_follow_the_ids(con):
    add(con, ("b", "y", 1), ("a", "z", 1), ("b", "x", 2))
    con.execute("INSERT INTO items (item_id) VALUES ('a listed item'), ('x'), (NULL)")
    with prepare(con.cursor(), seed=1) as dataset:
        assert (dataset.users, dataset.items, dataset.events) == (2, 4, 3)
        assert dataset.con.execute("FROM train_users ORDER BY 1").fetchall() == [(0, "a"), (1, "b")]
        found = dataset.con.execute("FROM train_catalog ORDER BY 1").fetchall()
        assert found == [(0, "a listed item"), (1, "x"), (2, "y"), (3, "z")]
        assert dataset.item_counts().tolist() == [0, 1, 1, 1]
        assert dataset.item_counts().dtype == np.int64


def test_events_are_one_a_user_and_item_in_order_of_time(con):
    add(con, ("a", "x", 3), ("a", "y", 1), ("a", "z", None), ("a", "x", 2))
    assert events_of(con) == [("a", "z", 1, 3), ("a", "y", 2, 3), ("a", "x", 3, 3)]


def test_weights_add_up_and_the_last_event_names_it(con):
    add(
        con,
        ("a", "x", 3, 2.0, "buy"),
        ("a", "x", 1, None, "view"),
        ("a", "y", 1, -5.0, None),
        ("a", "z", 2, 0.5, "cart"),
    )
    assert events_of(con, "item_id, weight, event") == [("z", 0.5, "cart"), ("x", 3, "buy")]


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ("NULL", 1),
        ("0", None),
        ("-1", None),
        ("'nan'::DOUBLE", 1),
        ("'inf'::DOUBLE", 1),
        ("'-inf'::DOUBLE", 1),
        ("1e308", 1),
        ("1e12", 1e12),
    ],
)
def test_a_weight_that_is_no_strength(con, given, counted):
    con.execute(f"INSERT INTO interactions VALUES ('a', 'x', 'buy', {given}, NULL), ('b', 'y', 'buy', 7, NULL)")
    assert events_of(con, "weight") == [*([(counted,)] if counted else []), (7,)]


@pytest.mark.parametrize("sql_type", ["TINYINT", "DECIMAL(4, 1)", "FLOAT", "UBIGINT"])
def test_weights_of_other_types(con, sql_type):
    con.execute(
        f"CREATE OR REPLACE TABLE mmsql.interactions AS SELECT 'a' AS user_id, 'x' AS item_id, 'buy' AS event, "
        f"7::{sql_type} AS weight, NULL::TIMESTAMP AS ts"
    )
    assert events_of(con, "weight::DOUBLE") == [(7.0,)]


def test_rows_without_ids_are_left_out(con):
    add(con, ("a", "x", 1), (None, "x", 1), ("a", None, 1), (None, None, None))
    assert events_of(con) == [("a", "x", 1, 1)]


def shuffled(con: duckdb.DuckDBPyConnection, order: str) -> None:
    """Twenty users with ten items each, all of one day, in the order asked for."""
    con.execute(
        "INSERT INTO interactions SELECT 'u' || u, 'i' || i, 'view', 1, TIMESTAMP "
        "'2025-01-01' + to_days((i // 5)::INTEGER) "
        f"FROM range(20) a(u), range(10) b(i) ORDER BY {order}"
    )


@pytest.mark.parametrize("order", ["u, i", "i DESC, u DESC", "hash(u * 100 + i)"])
def test_the_order_of_rows_means_nothing(con, order):
    other = mmsql.connect(":memory:")
    shuffled(other, "hash(i * 100 + u)")
    shuffled(con, order)
    assert events_of(con) == events_of(other)
    assert kept_back(con) == kept_back(other)
    other.close()


def test_the_seed_draws_the_order_within_a_moment(con):
    shuffled(con, "u, i")
    first, again, other = events_of(con, seed=1), events_of(con, seed=1), events_of(con, seed=2)
    assert first == again != other
    for user in range(20):
        order = [item for name, item, *_ in first if name == f"u{user}"]
        assert {"i0", "i1", "i2", "i3", "i4"} == set(order[:5])
        assert order != sorted(order) or user  # an order of names in all of them would be a leak of the file's order
    lasts = {item for items in kept_back(con).values() for item in items}
    assert len(lasts) > 2
    assert kept_back(con, seed=1) != kept_back(con, seed=2)


def test_temp_tables_go_away_whatever_happens(con):
    add(con, ("a", "x", 1), ("a", "y", 2))
    cursor = con.cursor()
    with pytest.raises(KeyError), split(cursor, "leave_last_out", seed=1):
        raise KeyError("on purpose")
    assert cursor.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall() == []


@pytest.mark.parametrize("events", [[], [(None, "x", 1)], [("a", None, 1)]])
def test_nothing_to_train_on(con, events):
    add(con, *events)
    with pytest.raises(
        SourceError, match=r"no usable row to train on: .* Load some: `mmsql load file DB interactions"
    ):
        events_of(con)


def test_histories_are_the_last_events_oldest_first(con):
    add(con, ("b", "x", 1, 2.0, "view"), ("a", "x", 4, None, "buy"), ("a", "y", 2), ("a", "z", None, 1.0, "cart"))
    with prepare(con.cursor(), seed=1) as dataset:
        found = dataset.histories(2)
    assert len(found) == 2
    assert found.offsets.tolist() == [0, 2, 3]
    assert found.items.tolist() == [1, 0, 0]
    assert found.weights.tolist() == [1, 1, 2]
    assert found.timestamps.tolist() == [
        datetime(2025, 1, day).timestamp() - datetime(1970, 1, 1).timestamp() for day in (2, 4, 1)
    ]
    assert [found.event_types[code] for code in found.events] == ["", "buy", "view"]


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 50])
def test_aged_histories_are_what_the_windows_of_sql_say(con, length):
    days = [("a", "w", None), ("a", "x", 1), ("a", "y", 1), ("a", "z", 1), ("a", "v", 4), ("b", "x", None)]
    add(con, *days, ("b", "y", None), ("c", "z", 2), ("d", "z", 2))
    with prepare(con.cursor(), seed=1) as dataset:
        found = dataset.aged_histories(np.array([2, 0, 1]), length)
        expected = dataset.con.execute(
            "SELECT w.place, e.item_index, "
            "dense_rank() OVER (PARTITION BY e.user_index ORDER BY e.ts DESC NULLS LAST) - 1, "
            "row_number() OVER (PARTITION BY e.user_index ORDER BY e.ts DESC NULLS LAST, e.item_index) <= $length "
            "FROM train_events e JOIN (VALUES (2, 0), (0, 1), (1, 2)) w(user_index, place) USING (user_index)",
            {"length": length},
        ).fetchall()
        assert found.offsets.tolist() == [0, 1, 6, 8]
        rows = zip(
            found.row.tolist(), found.item_index.tolist(), found.age.tolist(), found.active.tolist(), strict=True
        )
        assert sorted(rows) == sorted(expected)
        nobody = dataset.aged_histories(np.array([], dtype=int), length)
        assert (nobody.offsets.tolist(), nobody.row.tolist(), nobody.active.tolist()) == ([0], [], [])


def test_rows_count_as_their_strongest_type(con):
    add(con, ("a", "x", 1, 1, "view"), ("a", "x", 2, 1, "buy"), ("a", "y", 3, 1, "view"), ("a", "z", 4, 1, "cart"))
    with prepare(con.cursor(), seed=1) as dataset:
        events = dataset.con.execute("SELECT e.event_type_bits AS bits FROM train_events e ORDER BY e.item_index")
        bits = events.fetchnumpy()["bits"]
        assert dataset.strengths(bits, {"view": 0.5, "buy": 3}).tolist() == [3, 0.5, 1]
        assert dataset.strengths(bits, {}).tolist() == [1, 1, 1]


# --- splits


def test_leave_last_out_keeps_exactly_the_last(con):
    add(
        con,
        ("a", "x", 1),
        ("a", "y", 3),
        ("a", "z", 2),
        ("b", "x", 1),
        ("c", "x", None),
        ("c", "y", 1),
        (None, "z", 9),
    )
    assert kept_back(con) == {"a": {"y"}, "c": {"y"}}
    with split(con.cursor(), "leave_last_out", seed=1) as dataset:
        assert (dataset.users, dataset.items, dataset.events) == (3, 3, 4)


def test_an_item_seen_again_at_the_end_is_left_out_whole(con):
    add(con, ("a", "x", 1), ("a", "y", 2), ("a", "x", 3))
    assert kept_back(con) == {"a": {"x"}}
    with split(con.cursor(), "leave_last_out", seed=1) as dataset:
        left = dataset.con.execute(
            "SELECT item_id FROM train_events JOIN train_catalog USING (item_index)"
        ).fetchall()
    assert left == [("y",)]


def test_leave_last_out_without_any_time(con):
    add(con, *(("a", f"i{n}", None) for n in range(5)))
    (kept,) = kept_back(con).values()
    assert len(kept) == 1


def test_the_split_by_time_keeps_what_is_new_to_users_with_a_past(con):
    add(
        con,
        ("a", "x", 1),
        ("a", "y", 20),
        ("a", "x", 21),  # x is no news
        ("b", "x", 2),
        ("b", "z", None),
        ("c", "x", 22),  # no past
        *((f"d{n}", "x", 3) for n in range(5)),  # the moment of the cut: after it
    )
    assert kept_back(con, "time", test_share=0.3) == {"a": {"y"}}
    with split(con.cursor(), "time", seed=1, test_share=0.3) as dataset:
        timestamps = dataset.con.execute("SELECT max(ts), count(*) FROM train_events").fetchall()
    assert timestamps == [(datetime(2025, 1, 2), 2)]


def test_a_share_of_the_events_lies_after_the_moment(con):
    con.execute(
        "INSERT INTO interactions SELECT 'u' || n % 5, 'i' || n, 'view', 1, "
        "TIMESTAMP '2025-01-01' + to_hours(n::INTEGER) "
        "FROM range(1000) t(n)"
    )
    for share in (0.1, 0.25):
        assert sum(map(len, kept_back(con, "time", test_share=share).values())) == pytest.approx(1000 * share, abs=1)


@pytest.mark.parametrize("sql_type", ["TIMESTAMPTZ", "DATE", "TIMESTAMP_NS", "TIMESTAMP_S"])
def test_moments_of_other_types(con, sql_type):
    con.execute(
        "CREATE OR REPLACE TABLE mmsql.interactions AS SELECT 'u' || n % 2 AS "
        "user_id, 'i' || n AS item_id, 'view' AS event, "
        f"1.0 AS weight, (TIMESTAMP '2025-01-01' + to_days(n::INTEGER))::{sql_type} AS ts FROM range(20) t(n)"
    )
    assert kept_back(con) == {"u0": {"i18"}, "u1": {"i19"}}
    assert kept_back(con, "time") == {"u0": {"i18"}, "u1": {"i17", "i19"}}


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "290000-01-01", "0001-01-01", "290000-01-01 (BC)"])
def test_moments_beyond_every_calendar(con, moment):
    con.execute(
        "INSERT INTO interactions SELECT 'u' || n % 2, 'i' || n, 'view', 1, CASE "
        "WHEN n < 4 THEN TIMESTAMP '2025-01-01' "
        f"ELSE TIMESTAMP '{moment}' END FROM range(8) t(n)"
    )
    assert set(kept_back(con)) == {"u0", "u1"}
    if moment in ("infinity", "290000-01-01"):
        with pytest.raises(SourceError, match=r"The split time holds nothing out"):
            kept_back(con, "time", test_share=0.4)


def test_a_split_that_keeps_nothing_back(con):
    add(con, ("a", "x", None), ("b", "x", None))
    with pytest.raises(
        SourceError, match="The split leave_last_out holds nothing out: it needs users with at least two"
    ):
        kept_back(con)
    with pytest.raises(
        SourceError, match=r"needs timestamps, but mmsql.interactions has none. Type split := 'leave_last_out'"
    ):
        kept_back(con, "time")
    add(con, ("a", "y", 5))
    with pytest.raises(SourceError, match=r"The split time holds nothing out.* before and after a timestamp"):
        kept_back(con, "time")
