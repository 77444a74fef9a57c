"""Campaign macros: lapsed and new users, what goes with an item, and demand to be expected."""

from __future__ import annotations

import math
from datetime import datetime

import duckdb
import pytest

pytestmark = pytest.mark.core


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def test_winback_finds_who_has_lapsed_and_what_recommend_says_of_them(served):
    ((latest,),) = rows(served, "SELECT max(ts) FROM interactions")
    found = rows(
        served,
        "SELECT user_id, last_event, days_inactive, events, rank, item_id, title, score FROM winback(30, k := 2)",
    )
    lapsed = rows(
        served,
        "SELECT user_id, max(ts), count(DISTINCT item_id) FROM interactions GROUP BY user_id "
        "HAVING max(ts) <= ?::TIMESTAMP - INTERVAL 30 DAY ORDER BY max(ts) DESC, user_id",
        latest,
    )
    assert 0 < len(lapsed) < 40
    assert [(user, moment, events) for user, moment, _, events, rank, *_ in found if rank == 1] == lapsed
    user, moment, days = found[0][:3]
    assert days == (latest.date() - moment.date()).days
    assert [row[4:] for row in found[:2]] == rows(
        served, "SELECT rank, item_id, title, score FROM recommend(?, k := 2)", user
    )


def test_winback_counts_back_from_a_moment_and_among_users_that_are_named(served):
    every = rows(served, "SELECT DISTINCT user_id FROM winback(0, k := 1)")
    assert len(every) == 40
    asked = (
        "SELECT DISTINCT user_id FROM winback(10, k := 1, users := ['u1', 'u39', 'nobody'], as_of := ?::TIMESTAMP)"
    )
    assert sorted(rows(served, asked, datetime(2025, 12, 1))) == [("u1",), ("u39",)]
    assert rows(served, asked, datetime(2025, 1, 20)) == [("u1",)]


def test_onboarding_serves_users_that_have_nothing_yet(undone):
    undone.execute("INSERT INTO mmsql.users (user_id) VALUES ('new'), ('u0'), ('u1')")
    found = rows(undone, "FROM onboarding(k := 3)")
    assert {(row[0], row[1]) for row in found} == {("new", 0)}
    assert [row[2:] for row in found] == rows(undone, "FROM recommend('new', k := 3)")
    few = rows(undone, "SELECT DISTINCT user_id, items FROM onboarding(k := 1, most_items := 2) ORDER BY ALL")
    assert few == [("new", 0), ("u0", 2)]  # u1 has had three
    assert rows(undone, "SELECT DISTINCT user_id FROM onboarding(most_items := 9, users := ['u1'])") == [("u1",)]


def test_cross_sell_counts_who_had_both(served):
    found = rows(served, "SELECT item_id, users, confidence, lift, score FROM cross_sell('i3', k := 3)")
    ((owners, everybody),) = rows(
        served,
        "SELECT count(DISTINCT user_id) FILTER (WHERE item_id = 'i3'), count(DISTINCT user_id) FROM interactions",
    )
    for item, users, confidence, lift, score in found:
        ((both, had),) = rows(
            served,
            "SELECT count(DISTINCT user_id) FILTER (WHERE user_id IN "
            "(SELECT user_id FROM interactions WHERE item_id = 'i3')), count(DISTINCT user_id) "
            "FROM interactions WHERE item_id = ?",
            item,
        )
        likely = (both + 10 * had / everybody) / (owners + 10)
        assert users == both
        assert confidence == pytest.approx(both / owners)
        assert lift == pytest.approx(both / owners / (had / everybody))
        assert score == pytest.approx(likely * math.sqrt(likely / (had / everybody)))
    assert {found[0][0], found[1][0]} == {"i2", "i4"}  # its neighbours on the ring


def test_cross_sell_fills_up_with_what_is_similar(served):
    found = rows(served, "SELECT item_id, source FROM cross_sell('i3', k := 100)")
    items = [item for item, _ in found]
    assert len(items) == len(set(items)) == 11  # all but itself and i11, which cannot be had
    assert [source for _, source in found] == sorted((source for _, source in found), reverse=True)
    assert {source for _, source in found} == {"together", "similar"}


def test_cross_sell_into_other_categories(served):
    found = rows(served, "SELECT item_id FROM cross_sell('i3', k := 100, other_categories := true)")
    assert sorted(found) == sorted((f"i{i}",) for i in range(0, 13, 2))


def test_cross_sell_of_an_item_nobody_had_is_what_is_similar(served):
    found = rows(served, "SELECT item_id, source FROM cross_sell('i12', k := 3)")
    assert found == [
        (item, "similar")
        for (item,) in rows(served, "SELECT item_id FROM similar_items('i12', k := 9) WHERE item_id <> 'i11' LIMIT 3")
    ]


def test_demand_is_the_discounted_sum_over_lists(served):
    found = rows(served, "SELECT item_id, users, interest, share, expected_events FROM expected_demand(k := 100)")
    lists = rows(served, "SELECT item_id, rank FROM mmsql.recommendations")
    for item, users, interest, share, events in found:
        ranks = [rank for name, rank in lists if name == item]
        assert users == len(ranks)
        assert interest == pytest.approx(sum(1 / math.log2(rank + 1) for rank in ranks))
        assert share == pytest.approx(interest / sum(1 / math.log2(rank + 1) for _, rank in lists))
        assert events is None  # never evaluated
    assert [row[2] for row in found] == sorted((row[2] for row in found), reverse=True)


def test_demand_of_those_who_are_active_in_a_category(served):
    all_users = rows(served, "SELECT sum(users) FROM expected_demand(k := 100)")
    active = rows(served, "SELECT item_id, users FROM expected_demand(k := 100, active_days := 5)")
    ((expected,),) = rows(
        served,
        "SELECT count(*) FROM mmsql.recommendations WHERE user_id IN (SELECT user_id FROM interactions "
        "GROUP BY user_id HAVING max(ts) >= (SELECT max(ts) FROM interactions) - INTERVAL 5 DAY)",
    )
    assert 0 < sum(users for _, users in active) == expected < all_users[0][0]
    books = rows(served, "SELECT item_id, share FROM expected_demand(k := 100, category := 'Media > Books')")
    assert {int(item[1:]) % 2 for item, _ in books} == {0}
    assert sum(share for _, share in books) == pytest.approx(1)


def test_after_an_evaluation_demand_is_in_events(evaluated_path):
    import mmsql

    with mmsql.connect(evaluated_path, read_only=True) as con:
        found = rows(con, "SELECT item_id, expected_events FROM expected_demand(k := 100)")
        hits = dict(
            rows(
                con,
                "SELECT l.rank, count(h.item_id) / max(e.users) FROM mmsql.evaluations e "
                "JOIN mmsql.evaluation_lists l ON l.evaluation = e.evaluation AND l.algorithm = e.algorithm "
                "LEFT JOIN mmsql.holdout h "
                "ON h.evaluation = l.evaluation AND h.user_id = l.user_id AND h.item_id = l.item_id GROUP BY l.rank",
            )
        )
        assert sum(hits.values()) > 0
        lists = rows(con, "SELECT item_id, rank FROM mmsql.recommendations")
        for item, events in found:
            assert events == pytest.approx(sum(hits.get(rank, 0) for name, rank in lists if name == item))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "FROM winback(-1)",
            "inactive_days must be a number of days from 0 to 100000, -1 was given. Type inactive_days := 90.",
        ),
        ("FROM winback(NULL)", "inactive_days must be a number of days from 0 to 100000, NULL was given"),
        ("FROM winback(1, k := 0)", "k must be a whole number of at least 1, 0 was given."),
        (
            "FROM onboarding(most_items := -1)",
            "most_items must be a number from 0, -1 was given. Type most_items := 0.",
        ),
        ("FROM cross_sell('i1', k := 0.5)", "k must be a whole number of at least 1, 0.5 was given."),
        ("FROM expected_demand(k := 0)", "k must be a whole number of at least 1, 0 was given."),
        (
            "FROM expected_demand(active_days := -3)",
            "active_days must be a number of days from 0 to 100000, -3 was given.",
        ),
    ],
)
def test_wrong_options_say_what_is_allowed(undone, query, message):
    undone.execute("INSERT INTO mmsql.users (user_id) VALUES ('new')")
    with pytest.raises(duckdb.Error, match=message.replace(".", r"\.").replace("(", r"\(")):
        undone.execute(query).fetchall()


@pytest.mark.parametrize("text", ["x'); DROP TABLE mmsql.items; --", "it's", "", "中文", "a\nb;c"])
def test_text_is_never_executed(served, text):
    assert rows(served, "FROM winback(1, users := [?])", text) == []
    assert rows(served, "FROM onboarding(users := [?])", text) == []
    assert rows(served, "FROM expected_demand(category := ?, brand := ?)", text, text) == []
    assert {source for *_, source in rows(served, "FROM cross_sell(?, k := 2)", text)} == {"similar"}
    assert rows(served, "SELECT count(*) FROM mmsql.items") == [(13,)]
