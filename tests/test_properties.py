"""Properties of lists for any user, filter and length, on the demo shop with cases that hypothesis draws."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mmsql

drawn = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
ks = st.integers(1, 60)
NOBODY = "nobody"


@dataclass(frozen=True, repr=False)
class Shop:
    """The demo shop, as a plain reading of its sources gives it."""

    con: duckdb.DuckDBPyConnection
    items: dict[str, dict]
    events: dict[str, dict[str, set[str]]]

    def __repr__(self) -> str:
        return "the demo shop"

    def lists(self, user: str, **options: object) -> list[tuple]:
        """Ask recommend for item_id, score, source, by rank."""
        named = ", ".join(f"{name} := ${name}" for name in options)
        query = f"SELECT r.item_id, r.score, r.source, r.rank FROM mmsql.recommend($user, {named}) r ORDER BY r.rank"
        found = self.con.execute(query, {"user": user, **options}).fetchall()
        assert [row[-1] for row in found] == list(range(1, len(found) + 1))
        return [row[:-1] for row in found]


@pytest.fixture(scope="module")
def shop(demo_path: Path) -> Iterator[Shop]:
    with mmsql.connect(demo_path, read_only=True) as con:
        yield read(con)


def with_rules(demo_path: Path, folder: Path, kinds: str) -> Iterator[Shop]:
    """Give a copy of the demo shop with rules of these kinds, of items, of a category and of a brand."""
    path = folder / "ruled.duckdb"
    shutil.copy(demo_path, path)
    with mmsql.connect(path) as con:
        con.execute(
            "INSERT INTO rules (rule, item_id, category, brand, factor) FROM ("
            "(SELECT ['ban', 'bury', 'pin', 'boost'][1 + n.place // 5 % 4] AS rule, n.item_id, NULL AS category, "
            "NULL AS brand, NULLIF(n.place % 7, 0) AS factor FROM (SELECT c.item_id, row_number() OVER (ORDER BY "
            "hash(c.item_id)) AS place FROM catalog c) n WHERE n.place % 5 = 0) "
            "UNION ALL (SELECT 'boost', NULL, i.category, NULL, 3 FROM items i ORDER BY i.item_id LIMIT 1) "
            "UNION ALL (SELECT 'ban', NULL, NULL, i.brand, NULL FROM items i ORDER BY i.item_id DESC LIMIT 1)"
            ") r WHERE list_contains(?, r.rule)",
            [kinds.split()],
        )
        ((count,),) = con.execute("SELECT count(DISTINCT rule) FROM rules").fetchall()
        assert count == len(kinds.split())
        yield read(con)


@pytest.fixture(scope="module")
def ruled_shop(demo_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    yield from with_rules(demo_path, tmp_path_factory.mktemp("ruled"), "ban bury pin boost")


@pytest.fixture(scope="module")
def banning_shop(demo_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    yield from with_rules(demo_path, tmp_path_factory.mktemp("banning"), "ban bury")


def read(con: duckdb.DuckDBPyConnection) -> Shop:
    rows = con.execute(
        "SELECT i.item_id, i.category, i.brand, i.price, coalesce(i.available, true) AS available FROM mmsql.items i "
        "SEMI JOIN mmsql.catalog c ON c.item_id = i.item_id AND c.model = 'graph-1'"
    )
    names = [column[0] for column in rows.description]
    items = {row[0]: dict(zip(names, row, strict=True)) for row in rows.fetchall()}
    events: dict[str, dict[str, set[str]]] = {NOBODY: {}}
    for user, item, event in con.execute(
        "SELECT DISTINCT user_id, item_id, event FROM mmsql.interactions"
    ).fetchall():
        events.setdefault(user, {}).setdefault(item, set()).add(event)
    return Shop(con, items, events)


@st.composite
def filters(draw: st.DrawFn, shop: Shop) -> dict[str, object]:
    """Draw some of the filters, with values that the shop has, and some it has not."""
    categories = sorted({item["category"] for item in shop.items.values() if item["category"]})
    tops = sorted({category.split(" > ")[0] for category in categories})
    brands = sorted({item["brand"] for item in shop.items.values() if item["brand"]})
    price = st.floats(0, 300, allow_nan=False)
    asked = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "category": st.sampled_from([*categories, *tops, "Ki'tchen; DROP TABLE x"]),
                "brand": st.sampled_from([*brands, "no such brand"]),
                "min_price": price,
                "max_price": price,
                "only_available": st.booleans(),
                "exclude_seen": st.booleans(),
                "exclude_events": st.lists(st.sampled_from(["view", "buy"]), min_size=1, max_size=2, unique=True),
                "candidates": st.lists(st.sampled_from([*sorted(shop.items), "no such item"]), max_size=80),
            },
        )
    )
    if asked.get("min_price", 0) > asked.get("max_price", 1e9):
        asked["min_price"], asked["max_price"] = asked["max_price"], asked["min_price"]
    return asked


def hidden(shop: Shop, user: str, asked: dict) -> set[str]:
    """Say which items a user's history hides."""
    had = shop.events[user]
    if asked.get("exclude_events") is not None:
        return {item for item, events in had.items() if events & set(asked["exclude_events"])}
    return set(had) if asked.get("exclude_seen", True) else set()


def qualifies(item: dict, asked: dict) -> bool:
    """Say whether an item passes the filters, in plain Python."""
    category, price = item["category"] or "", item["price"]
    return (
        ("category" not in asked or category == asked["category"] or category.startswith(asked["category"] + " > "))
        and ("brand" not in asked or item["brand"] == asked["brand"])
        and ("min_price" not in asked or (price is not None and price >= asked["min_price"]))
        and ("max_price" not in asked or (price is not None and price <= asked["max_price"]))
        and (not asked.get("only_available", True) or item["available"])
        and ("candidates" not in asked or item["item_id"] in asked["candidates"])
    )


def users_of(shop: Shop) -> st.SearchStrategy[str]:
    return st.sampled_from([*sorted(shop.events)[:60], NOBODY])


@settings(drawn, max_examples=drawn.max_examples // 2)
@given(data=st.data(), k=ks)
def test_a_short_list_is_the_beginning_of_a_long_one(shop, data, k):
    """A heap ranks lists of up to 200 of many users, a window longer ones."""
    user = data.draw(users_of(shop))
    query = "SELECT r.item_id, r.score FROM mmsql.recommend_each(users := [$user], k := $k) r ORDER BY r.rank"
    short, long = (shop.con.execute(query, {"user": user, "k": most}).fetchall() for most in (k, 201))
    assert short == long[:k]
    assert shop.lists(user, k=k) == shop.lists(user, k=201)[:k]


@pytest.mark.core
@drawn
@given(data=st.data(), k=ks, session=st.booleans(), which=st.integers(0, 2))
def test_one_visitors_list_is_that_of_many(shop, ruled_shop, banning_shop, data, k, session, which):
    """A cap that holds nothing back asks the macro that ranks for many."""
    shop = (shop, ruled_shop, banning_shop)[which]
    asked = data.draw(filters(shop))
    for option in ("exclude_events", "candidates"):  # with one of these both sides ask that macro
        asked.pop(option, None)
    named = "".join(f", {name} := ${name}" for name in asked)
    call = "recommend_session($who" if session else "recommend($who"
    who = data.draw(st.lists(st.sampled_from(sorted(shop.items)), max_size=5) if session else users_of(shop))
    query = f"SELECT COLUMNS(*) FROM mmsql.{call}, k := $k{named}%s) ORDER BY rank"
    alone, among_many = (
        shop.con.execute(query % capped, {"who": who, "k": k, **asked}).fetchall()
        for capped in ("", ", per_category := 1000000")
    )
    assert alone == among_many


@pytest.mark.core
@pytest.mark.parametrize("category", [None, "no such category"])
def test_batches_of_users_have_the_lists_of_all_at_once(shop, category):
    """Sixteen users a batch, and all in one."""
    options = "2, true, NULL, ?, NULL, NULL, NULL, true, NULL, NULL, NULL, 0"
    query = f"FROM mmsql._ranked_in_batches(?, NULL, {options}) ORDER BY ALL"
    batches, at_once = (shop.con.execute(query, [scores, category]).fetchall() for scores in (1, 10**9))
    assert batches == at_once
    assert len(batches) == (0 if category else 2 * (len(shop.events) - 1))


@pytest.mark.core
@drawn
@given(data=st.data(), k=ks)
def test_filters_let_no_wrong_row_through_and_lose_none(shop, data, k):
    user, asked = data.draw(users_of(shop)), data.draw(filters(shop))
    allowed = {i for i, item in shop.items.items() if qualifies(item, asked)} - hidden(shop, user, asked)
    found = [row[0] for row in shop.lists(user, k=k, **asked)]
    assert set(found) <= allowed
    assert len(found) == len(set(found)) == min(k, len(allowed))


@pytest.mark.core
@drawn
@given(data=st.data(), k=ks, cap=st.integers(1, 4), column=st.sampled_from(["category", "brand"]))
def test_a_cap_holds_and_costs_no_row_that_it_allows(shop, data, k, cap, column):
    user, asked = data.draw(users_of(shop)), data.draw(filters(shop))
    allowed = {i for i, item in shop.items.items() if qualifies(item, asked)} - hidden(shop, user, asked)
    found = [row[0] for row in shop.lists(user, k=k, **asked, **{f"per_{column}": cap})]
    groups = Counter(shop.items[item][column] for item in found)
    assert all(count <= cap for group, count in groups.items() if group is not None)
    there = Counter(shop.items[item][column] for item in allowed)
    most = sum(count if group is None else min(count, cap) for group, count in there.items())
    assert len(found) == min(k, most)


@pytest.mark.core
@drawn
@given(data=st.data(), k=ks, per_category=st.integers(1, 4), per_brand=st.integers(1, 4))
def test_two_caps_hold_together(shop, data, k, per_category, per_brand):
    user = data.draw(users_of(shop))
    found = [row[0] for row in shop.lists(user, k=k, per_category=per_category, per_brand=per_brand)]
    for column, cap in (("category", per_category), ("brand", per_brand)):
        groups = Counter(shop.items[item][column] for item in found)
        assert all(count <= cap for group, count in groups.items() if group is not None)


@pytest.mark.core
@drawn
@given(data=st.data())
def test_contributions_sum_to_the_score(shop, data):
    user = data.draw(users_of(shop))
    k = len(shop.items)
    item, score, _ = data.draw(st.sampled_from(shop.lists(user, k=k, exclude_seen=False, only_available=False)))
    asked = {"user": user, "item": item}
    (total,) = shop.con.execute("SELECT sum(contribution) FROM mmsql.explain($user, $item)", asked).fetchone()
    assert total == pytest.approx(score, abs=1e-5)


@pytest.mark.core
@drawn
@given(data=st.data(), k=st.integers(1, 20))
def test_mmr_without_diversity_is_the_plain_list(shop, data, k):
    user, asked = data.draw(users_of(shop)), data.draw(filters(shop))
    assert shop.lists(user, k=k, **asked, diversity=0.0) == shop.lists(user, k=k, **asked)


@pytest.mark.core
@settings(drawn, max_examples=drawn.max_examples // 2)
@given(data=st.data(), k=st.integers(1, 12), diversity=st.floats(0.05, 1), cap=st.integers(1, 3))
def test_mmr_keeps_to_filters_and_caps(shop, data, k, diversity, cap):
    user, asked = data.draw(users_of(shop)), data.draw(filters(shop))
    allowed = {i for i, item in shop.items.items() if qualifies(item, asked)} - hidden(shop, user, asked)
    found = [row[0] for row in shop.lists(user, k=k, **asked, diversity=diversity)]
    assert set(found) <= allowed
    assert len(found) == len(set(found)) == min(k, len(allowed))
    capped = [row[0] for row in shop.lists(user, k=k, **asked, diversity=diversity, per_category=cap)]
    groups = Counter(shop.items[item]["category"] for item in capped)
    assert all(count <= cap for group, count in groups.items() if group is not None)


@drawn
@given(data=st.data(), k=st.integers(1, 20))
def test_the_macro_gives_the_lists_that_were_ranked_after_training(shop, data, k):
    """mmsql.recommendations holds the lists ranked after training, of all items whether to be had or not."""
    user = data.draw(users_of(shop).filter(lambda one: one != NOBODY))
    stored = shop.con.execute(
        "SELECT r.item_id, r.score FROM mmsql.recommendations r WHERE r.model = 'graph-1' AND r.user_id = $user "
        "AND r.rank <= $k ORDER BY r.rank",
        {"user": user, "k": k},
    ).fetchall()
    ranked = shop.lists(user, k=k, only_available=False)
    assert [row[0] for row in stored] == [row[0] for row in ranked]
    assert [row[1] for row in stored] == pytest.approx([row[1] for row in ranked], abs=1e-5)
