"""users and candidates as the name of a table or view."""

from __future__ import annotations

import duckdb
import pytest

pytestmark = pytest.mark.core

EACH = ("recommend_each", "winback", "onboarding")  # macros whose users have names too
STRANGE = "it's; DROP TABLE mmsql.items --"


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


@pytest.fixture
def named(trained):
    """Give the trained shop with a table of items and a view of users, both of which have other columns too."""
    trained.execute("CREATE TABLE sale AS SELECT 9 AS discount, unnest(['i5', 'i7', 'gone', NULL]) AS ITEM_ID")
    trained.execute("CREATE SCHEMA crm")
    trained.execute("CREATE VIEW crm.vip AS SELECT unnest(['u3', 'u5', 'nobody']) AS user_id, 1 AS named")
    trained.execute(f'CREATE TABLE "{STRANGE}" AS FROM sale')
    return trained


@pytest.mark.parametrize(
    "call",
    [
        "SELECT rank, item_id, score FROM recommend('u0', candidates := {})",
        "SELECT user_id, rank, item_id, score FROM recommend_each(users := ['u0', 'u1'], candidates := {})",
        "SELECT rank, item_id, score FROM recommend_session(['i3'], candidates := {})",
    ],
)
@pytest.mark.parametrize("given", ["'sale'", "'main.sale'", "'\"" + STRANGE.replace("'", "''") + "\"'"])
def test_a_name_is_as_good_as_a_list(named, call, given):
    assert rows(named, call.format(given)) == rows(named, call.format("['i5', 'i7']"))


def test_users_by_name_or_list_or_bound(named):
    expected = rows(named, "FROM recommend_each(users := ['u3', 'u5', 'nobody'], k := 2)")
    assert len(expected) == 6
    for given in ("crm.vip", ["u3", "u5", "nobody"]):
        assert rows(named, "FROM recommend_each(users := ?, k := 2)", given) == expected
    named.execute("CREATE TEMP VIEW picked AS SELECT user_id FROM crm.vip WHERE user_id = 'u3'")
    assert {user for user, *_ in rows(named, "FROM recommend_each(users := 'picked')")} == {"u3"}


@pytest.mark.parametrize(
    "call", ["winback(0, k := 2, users := {})", "onboarding(k := 2, most_items := 9, users := {})"]
)
def test_campaigns_choose_among_users_by_name_or_list(named, call):
    named.execute("INSERT INTO mmsql.users (user_id) SELECT DISTINCT user_id FROM interactions")
    found = rows(named, f"FROM {call.format('?')}", ["u3", "u5", "nobody"])
    assert {user for user, *_ in found} == {"u3", "u5"}
    assert rows(named, f"FROM {call.format('?')}", "crm.vip") == found
    assert (
        len(rows(named, f"FROM {call.format('NULL')}"))
        == len(rows(named, f"FROM {call.format('NULL::VARCHAR')}"))
        > 4
    )
    assert rows(named, f"FROM {call.format('[]')}") == []


def test_a_name_of_no_rows_is_not_everybody_or_everything(named):
    named.execute("CREATE VIEW nobody AS SELECT user_id, 'i1' AS item_id FROM crm.vip WHERE false")
    assert rows(named, "FROM recommend_each(users := 'nobody')") == []
    assert rows(named, "FROM recommend('u0', candidates := 'nobody')") == []
    assert rows(named, "FROM recommend('u0', candidates := [])") == []
    assert rows(named, "FROM recommend('u0', candidates := NULL::VARCHAR)") == rows(named, "FROM recommend('u0')")


def test_lateral_over_users_with_candidates_by_name(named):
    found = rows(
        named,
        "SELECT v.user_id, r.item_id FROM crm.vip v, "
        "LATERAL (FROM recommend(v.user_id, k := 1, candidates := 'sale')) r",
    )
    alone = [
        (user, item)
        for user in ("u3", "u5", "nobody")
        for (item,) in rows(named, "SELECT item_id FROM recommend(?, k := 1, candidates := ['i5', 'i7'])", user)
    ]
    assert len(alone) == 2  # u5 has had both
    assert sorted(found) == sorted(alone)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("FROM recommend('u0', candidates := 'no_such')", "no_such does not exist"),
        ("FROM recommend('u0', candidates := 'crm.vip')", 'Column "item_id" was selected but was not found'),
        ("FROM recommend_session(['i1'], candidates := 'crm.vip')", 'Column "item_id" was selected'),
        ("FROM recommend_each(users := 'sale')", 'Column "user_id" was selected but was not found'),
        ("FROM recommend_each(users := 'a; DROP TABLE sale')", "a; DROP TABLE sale does not exist"),
        ("FROM recommend('u0', candidates := 7)", "candidates must be a list of item ids, or the name of a table"),
        ("FROM winback(users := 'sale')", 'Column "user_id" was selected but was not found'),
        ("FROM onboarding(users := 'no_such')", "no_such does not exist"),
        ("FROM winback(users := 7)", "users must be a list of user ids, or the name of a table or view"),
        ("FROM onboarding(users := 7)", "users must be a list of user ids, or the name of a table or view"),
        ("FROM recommend_each(users := 7)", "users must be a list of user ids, or the name of a table or view"),
    ],
)
def test_a_wrong_name_says_what_is_missing(named, query, message):
    named.execute("INSERT INTO mmsql.users (user_id) VALUES ('u0')")
    with pytest.raises(duckdb.Error) as raised:
        rows(named, query)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "text", ["x'); DROP TABLE mmsql.items; --", "it's", "", "中文", "sale; DROP TABLE sale", "("]
)
def test_a_name_is_never_executed(named, text):
    for call in ("recommend('u0', candidates := ?)", *(f"{each}(users := ?)" for each in EACH)):
        with pytest.raises(duckdb.Error):
            rows(named, f"FROM {call}", text)
    assert rows(named, "SELECT (SELECT count(*) FROM mmsql.items), (SELECT count(*) FROM sale)") == [(13, 4)]
