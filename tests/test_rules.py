"""mmsql.rules: what they do to every list, their dates, and which wins."""

from __future__ import annotations

import duckdb
import pytest

import mmsql

pytestmark = pytest.mark.core


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def rule(con: duckdb.DuckDBPyConnection, kind: str, **given: object) -> None:
    names = ", ".join(["rule", *given])
    con.execute(f"INSERT INTO mmsql.rules ({names}) VALUES (?{', ?' * len(given)})", [kind, *given.values()])


def items(con: duckdb.DuckDBPyConnection, call: str = "recommend('u0', k := 99)") -> list[str]:
    return [item for (item,) in rows(con, f"SELECT item_id FROM {call} ORDER BY rank")]


LISTS = [
    "recommend('u0', k := 99)",
    "recommend_each(users := ['u0'], k := 99)",
    "recommend_session(['i1'], k := 99)",
    "popular_items(k := 99)",
    "cross_sell('i2', k := 99)",
    "winback(0, k := 99, users := ['u0'])",
    "onboarding(k := 99, users := ['new'])",
]


@pytest.mark.parametrize(
    "call",
    [
        *LISTS,
        "similar_items('i2', k := 99)",
        "expected_demand(k := 99)",
        "search_items('a fine story', k := 99)",
        "(FROM mmsql.top_recommendations t WHERE t.user_id = 'u0')",
    ],
)
def test_what_is_banned_is_in_no_list(undone, call):
    undone.execute("INSERT INTO mmsql.users (user_id) VALUES ('new')")
    before = items(undone, call)
    rule(undone, "ban", item_id="i4")
    assert "i4" in before
    assert items(undone, call) == [item for item in before if item != "i4"]


def test_a_banned_item_has_no_audience(undone):
    assert rows(undone, "FROM audience('i4')")
    rule(undone, "ban", item_id="i4")
    assert rows(undone, "FROM audience('i4')") == []


@pytest.mark.parametrize("call", LISTS)
def test_pinned_comes_first_and_buried_last(undone, call):
    undone.execute("INSERT INTO mmsql.users (user_id) VALUES ('new')")
    before = items(undone, call)
    high, low = before[0], before[-1]
    rule(undone, "pin", item_id=low)
    rule(undone, "bury", item_id=high)
    assert items(undone, call) == [low, *before[1:-1], high]


@pytest.mark.parametrize("call", ["recommend('u0', k := {})", "recommend_each(users := ['u0', 'new'], k := {})"])
def test_lists_ranked_by_a_heap_and_by_a_window_obey_rules_alike(undone, call):
    order = items(undone)
    for item, kind, factor in zip(order[:4], ("bury", "bury", "boost", "pin"), (None, 1.5, 3, 7), strict=True):
        rule(undone, kind, item_id=item, factor=factor)
    rule(undone, "pin", item_id=order[-1], factor=7)
    short, long = (rows(undone, f"FROM {call.format(k)}") for k in (200, 201))
    assert short == long
    assert {row[0] for row in rows(undone, f"SELECT item_id FROM {call.format(200)}")} >= {order[-1], order[0]}


def test_scores_stay_and_sources_tell(undone):
    before = dict(rows(undone, "SELECT item_id, score FROM recommend('u0', k := 99)"))
    order = list(before)
    rule(undone, "pin", item_id=order[5])
    rule(undone, "boost", item_id=order[3], factor=1000)
    rule(undone, "bury", item_id=order[0], factor=1.001)
    found = rows(undone, "SELECT item_id, score, source FROM recommend('u0', k := 99)")
    assert {item: score for item, score, _ in found} == before
    assert [item for item, *_ in found[:3]] == [order[5], order[3], order[0]]
    assert [source for *_, source in found] == ["pinned", "boosted", "buried", *["graph"] * (len(found) - 3)]
    ((total,),) = rows(undone, "SELECT sum(contribution) FROM explain('u0', ?)", order[5])
    assert total == pytest.approx(before[order[5]], abs=1e-9)


def test_pins_go_by_factor_then_score_and_obey_filters(undone):
    order = items(undone)
    for item, factor in ((order[2], None), (order[4], 3), (order[5], 3), (order[6], 9), ("i0", 99), ("i11", 99)):
        rule(undone, "pin", item_id=item, factor=factor)
    first = [order[6], order[4], order[5], order[2]]  # u0 has had i0, and i11 is not to be had
    assert items(undone)[:4] == first
    assert items(undone, "recommend('u0', k := 2)") == first[:2]
    for brand in ("Acme", "Bolt"):
        found = items(undone, f"recommend('u0', k := 99, brand := '{brand}')")
        assert found[0] == next(item for item in first if (int(item[1:]) < 6) == (brand == "Acme"))


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({"category": "Media > Books"}, "category = 'Media > Books'"),
        ({"category": "Media"}, "true"),
        ({"category": "Med"}, "false"),
        ({"brand": "Bolt"}, "brand = 'Bolt'"),
        ({"brand": "Bolt", "category": "Media > Games"}, "brand = 'Bolt' AND category = 'Media > Games'"),
        ({"item_id": "i7", "brand": "Acme"}, "false"),
        ({"item_id": "i7", "brand": "Bolt"}, "item_id = 'i7'"),
        ({"item_id": "x'; DROP TABLE mmsql.items; --"}, "false"),
    ],
)
def test_a_rule_needs_all_that_it_names(undone, given, condition):
    matched = {item for (item,) in rows(undone, f"SELECT item_id FROM mmsql.items WHERE {condition}")}
    before = items(undone)
    rule(undone, "ban", **given)
    assert items(undone) == [item for item in before if item not in matched]


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [
        (None, None, True),
        ("2020-01-01", None, True),
        (None, "2020-01-01", False),
        ("2999-01-01", None, False),
        ("2020-01-01", "2999-01-01", True),
    ],
)
def test_a_rule_holds_between_its_dates(undone, starts, ends, holds):
    rule(undone, "ban", item_id="i4", starts_at=starts, ends_at=ends)
    assert ("i4" in items(undone)) != holds


def test_a_rule_begins_with_its_start_and_ends_before_its_end(trained):
    trained.execute("BEGIN")  # now() stands still in a transaction
    trained.execute("INSERT INTO mmsql.rules (rule, item_id, starts_at) SELECT 'ban', 'i4', now()::TIMESTAMP")
    trained.execute("INSERT INTO mmsql.rules (rule, item_id, ends_at) SELECT 'ban', 'i5', now()::TIMESTAMP")
    assert {"i4", "i5"} & set(items(trained)) == {"i5"}
    trained.execute("ROLLBACK")


@pytest.mark.parametrize(
    ("kinds", "place"), [("ban pin", None), ("pin bury", 0), ("bury boost", -1), ("boost pin", 0), ("bury bury", -1)]
)
def test_of_contradictory_rules_the_stronger_wins(undone, kinds, place):
    for kind in kinds.split():
        rule(undone, kind, item_id="i4", factor=2 if kind == "boost" else None)
    found = items(undone)
    assert "i4" not in found if place is None else found[place] == "i4"


def test_boosts_lift_what_only_popularity_speaks_for(undone):
    order = items(undone, "recommend('nobody', k := 99)")
    rule(undone, "boost", item_id=order[-2], factor=1e6)
    rule(undone, "bury", brand="Acme")
    acme = [item for item in order if int(item[1:]) < 6]
    bolt = [item for item in order if item not in acme]
    expected = [order[-2], *[item for item in order if item != order[-2] and item in bolt]]
    expected += [item for item in acme if item != order[-2]]
    if order[-2] in acme:  # buried as well, which wins
        expected = [*bolt, *acme]
    assert items(undone, "recommend('nobody', k := 99)") == expected
    for k in (1, 3, 8):
        assert items(undone, f"recommend('nobody', k := {k})") == expected[:k]


@pytest.mark.parametrize(
    ("score", "lift", "order"), [(2, 3, 6), (-2, 4, -0.5), (0, 5, 0), (3, 0.5, 1.5), (-3, 0.5, -6), (7, None, 7)]
)
def test_a_lift_never_lowers_and_a_bury_never_lifts(served, score, lift, order):
    assert rows(served, "SELECT mmsql._boosted_score(?, ?::DOUBLE)", score, lift) == [(order,)]


@pytest.mark.parametrize(
    "given",
    [
        {"rule": "hide", "item_id": "i1"},
        {"rule": "ban"},
        {"rule": "boost", "item_id": "i1", "factor": 0.5},
        {"rule": "pin", "item_id": "i1", "factor": -1},
        {"rule": "ban", "item_id": "i1", "starts_at": "2026-01-02", "ends_at": "2026-01-01"},
    ],
)
def test_what_is_no_rule_is_refused(undone, given):
    with pytest.raises(duckdb.ConstraintException, match=r'failed on table "?rules"?'):
        rule(undone, given["rule"], **{name: value for name, value in given.items() if name != "rule"})


def test_caps_and_pins_hold_together(undone):
    order = items(undone)
    books = [item for item in order if int(item[1:]) % 2 == 0]
    rule(undone, "pin", item_id=books[-1])
    for caps in ("per_category := 1", "per_category := 1, per_brand := 9"):
        found = items(undone, f"recommend('u0', k := 9, {caps})")
        assert len(found) == 2
        assert found[0] == books[-1]


def test_the_view_of_stored_lists_leaves_no_gap(undone):
    before = rows(undone, "SELECT item_id, rank FROM mmsql.top_recommendations WHERE user_id = 'u0' ORDER BY rank")
    assert "i11" not in dict(before)  # not available
    rule(undone, "ban", category="Media > Books", brand="Acme")
    after = rows(undone, "SELECT item_id, rank FROM mmsql.top_recommendations WHERE user_id = 'u0' ORDER BY rank")
    kept = [item for item, _ in before if item not in ("i0", "i2", "i4")]
    assert kept != [item for item, _ in before]
    assert after == [(item, rank) for rank, item in enumerate(kept, 1)]


NUMBERED = """
DROP TABLE mmsql.interactions; DROP TABLE mmsql.items; DROP TABLE mmsql.rules;
CREATE TABLE mmsql.interactions AS
SELECT u::BIGINT AS user_id, ((u + s) % 9)::BIGINT AS item_id, 'view' AS event, NULL::DOUBLE AS weight,
       TIMESTAMP '2025-01-01' + to_hours(u * 9 + s) AS ts
FROM range(30) t(u), range(3) r(s);
CREATE TABLE mmsql.items AS
SELECT i::BIGINT AS item_id, 'Tea ' || i AS title, NULL::VARCHAR AS description, 'Tea > ' || i % 3 AS category,
       CASE WHEN i < 5 THEN 'Acme' ELSE 'Bolt' END AS brand, 4.5 AS price, true AS available
FROM range(9) t(i);
CREATE TABLE my_rules (rule VARCHAR, item_id {item}, category {text}, brand {text}, factor {factor}, starts_at {time},
                       ends_at {time});
CREATE VIEW mmsql.rules AS FROM my_rules
"""


@pytest.fixture(
    scope="module",
    params=[
        ("VARCHAR", "VARCHAR", "DOUBLE", "TIMESTAMP"),
        ("BIGINT", "VARCHAR", "DOUBLE", "DATE"),
        ("INTEGER", "VARCHAR", "INTEGER", "TIMESTAMPTZ"),
        ("TEXT", "VARCHAR", "VARCHAR", "VARCHAR"),
    ],
    ids=lambda types: types[0],
)
def numbered(request, tmp_path_factory):
    """Give a shop whose ids are numbers, and a view of the analyst's own for rules, with columns of some types."""
    con = mmsql.connect(tmp_path_factory.mktemp("numbered") / "shop.duckdb")
    con.execute(NUMBERED.format(**dict(zip(("item", "text", "factor", "time"), request.param, strict=True))))
    con.execute("CALL train(algorithm := 'graph')").fetchall()
    yield con
    con.close()


@pytest.mark.parametrize(
    "call",
    [
        "recommend(1, k := 99)",
        "recommend_each(users := [1], k := 99)",
        "recommend_session([8], k := 99)",
        "popular_items(k := 99)",
        "similar_items(8, k := 99)",
        "cross_sell(8, k := 99)",
        "winback(0, k := 99, users := [1])",
        "expected_demand(k := 99)",
        "search_items('tea', k := 99)",
        "mmsql.top_recommendations WHERE user_id = 1",
    ],
)
def test_where_ids_are_numbers_rules_of_a_view_count_too(numbered, call):
    numbered.execute("DELETE FROM my_rules")
    before = {item for (item,) in rows(numbered, f"SELECT item_id FROM {call}")}
    assert {5, 6, 7} <= before
    numbered.execute(
        "INSERT INTO my_rules (rule, item_id, ends_at) VALUES ('ban', 5, '2999-01-01'), ('ban', 6, '2020-01-01')"
    )
    numbered.execute("INSERT INTO my_rules (rule, item_id, factor) VALUES ('pin', 7, 2)")
    found = rows(numbered, f"SELECT item_id FROM {call}")
    assert {item for (item,) in found} == before - {5}
    if any(name in call for name in ("recommend(", "each", "session", "popular", "cross", "winback")):
        assert found[0] == (7,)


def test_where_ids_are_numbers_nobody_is_shown_what_is_banned(numbered):
    numbered.execute("DELETE FROM my_rules")
    assert rows(numbered, "FROM audience(5)")
    numbered.execute("INSERT INTO my_rules (rule, category, brand) VALUES ('ban', 'Tea', 'Bolt')")
    assert not rows(numbered, "FROM audience(5)")
    assert {item for (item,) in rows(numbered, "SELECT item_id FROM popular_items(k := 99)")} == set(range(5))
