"""per_category and per_brand together; exclude_events."""

from __future__ import annotations

from collections import Counter

import duckdb
import pytest

pytestmark = pytest.mark.core


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


@pytest.fixture
def assorted(undone):
    """Give the undone shop with five categories and four brands, some of them missing."""
    undone.execute(
        "UPDATE mmsql.items SET category = CASE WHEN hash(item_id) % 6 > 0 THEN 'c' || hash(item_id) % 6 END, "
        "brand = CASE WHEN hash(item_id) % 5 > 0 THEN 'b' || hash(item_id) % 5 END"
    )
    return undone


def greedy(listed: list[tuple], per_category: int | None, per_brand: int | None, k: int) -> list[str]:
    """Take items from the best on, as long as neither cap is reached."""
    categories: Counter[str] = Counter()
    brands: Counter[str] = Counter()
    taken: list[str] = []
    for item, category, brand in listed:
        full = (category and per_category and categories[category] >= per_category) or (
            brand and per_brand and brands[brand] >= per_brand
        )
        if full or len(taken) == k:
            continue
        categories[category] += 1
        brands[brand] += 1
        taken.append(item)
    return taken


@pytest.mark.parametrize(
    ("per_category", "per_brand"), [(1, 1), (2, 1), (1, 2), (2, 2), (None, 1), (1, None), (3, 9)]
)
@pytest.mark.parametrize("k", [2, 20])
def test_caps_hold_and_are_filled_from_the_best_on(assorted, per_category, per_brand, k):
    caps = "per_category := $per_category, per_brand := $per_brand"
    given = {"per_category": per_category, "per_brand": per_brand, "k": k}
    found: dict[str, list[str]] = {}
    query = f"SELECT user_id, item_id FROM recommend_each(users := ['u0', 'u7', 'new'], k := $k, {caps})"
    for user, item in assorted.execute(query, given).fetchall():
        found.setdefault(str(user), []).append(item)
    for user in ("u0", "u7", "new"):
        listed = rows(
            assorted,
            "SELECT item_id, category, brand FROM recommend(?, k := 99) "
            "JOIN mmsql.items USING (item_id) ORDER BY rank",
            user,
        )
        assert found[user] == greedy(listed, per_category, per_brand, k)
        query = f"SELECT item_id FROM recommend('{user}', k := $k, {caps})"
        assert [item for (item,) in assorted.execute(query, given).fetchall()] == found[user]


def test_caps_of_a_session(assorted):
    found = rows(
        assorted,
        "SELECT category, brand FROM recommend_session(['i1'], k := 9, per_category := 1, per_brand := 1) "
        "JOIN mmsql.items USING (item_id)",
    )
    for values in zip(*found, strict=True):
        assert max(Counter(value for value in values if value is not None).values()) == 1


def test_what_was_bought_is_hidden_and_what_was_viewed_is_not(undone):
    had = rows(undone, "SELECT event, item_id FROM interactions WHERE user_id = 'u2'")
    bought = {item for event, item in had if event == "buy"}
    everything = {
        item for (item,) in rows(undone, "SELECT item_id FROM recommend('u2', k := 99, exclude_seen := false)")
    }
    assert bought < {item for _, item in had} <= everything
    for seen in ("true", "false"):
        query = f"SELECT item_id FROM recommend('u2', k := 99, exclude_events := ['buy'], exclude_seen := {seen})"
        assert {item for (item,) in rows(undone, query)} == everything - bought
    each = rows(
        undone, "SELECT item_id FROM recommend_each(users := ['u2'], k := 99, exclude_events := ['buy', 'view'])"
    )
    assert each == rows(undone, "SELECT item_id FROM recommend('u2', k := 99)")
    assert {
        item for (item,) in rows(undone, "SELECT item_id FROM recommend('u2', k := 99, exclude_events := [])")
    } == everything


@pytest.mark.parametrize("event", ["sold", "it's; DROP TABLE mmsql.items", None])
def test_an_unknown_event_is_an_error_that_names_the_known_ones(trained, event):
    for call in ("recommend('u0', exclude_events := ['buy', ?])", "recommend_each(exclude_events := [?])"):
        with pytest.raises(duckdb.Error) as raised:
            rows(trained, f"FROM {call}", event)
        assert f"Unknown event {event or 'NULL'} in exclude_events. There are: buy, view." in str(raised.value)


def test_a_cap_must_be_at_least_one(undone):
    with pytest.raises(duckdb.Error, match=r"per_brand must be at least 1, 0 was given\."):
        rows(undone, "FROM recommend('u0', per_brand := 0)")
