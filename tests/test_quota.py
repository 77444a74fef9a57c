"""quota_recommendations: a minimum share of what has a value, and the order kept otherwise."""

from __future__ import annotations

from math import ceil

import duckdb
import pytest

pytestmark = pytest.mark.core


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


@pytest.mark.parametrize(
    ("attribute", "value", "having"),
    [
        ("brand", "Bolt", "brand = 'Bolt'"),
        ("category", "Media > Games", "category = 'Media > Games'"),
        ("category", "Media", "true"),
        ("price", "7.0", "price = 7"),
        ("brand", "Bolt'; DROP TABLE items --", "false"),
    ],
)
@pytest.mark.parametrize(("share", "k"), [(0, 4), (0.3, 10), (0.5, 3), (1, 4)])
def test_the_share_is_there_and_the_rest_stays(served, attribute, value, having, share, k):
    having_it = {item for (item,) in rows(served, f"SELECT item_id FROM items WHERE {having}")}
    found = rows(
        served,
        f"SELECT item_id, rank, has_value, plain_rank, score FROM quota_recommendations(?, ?, {share}, k := {k}, "
        "users := ['u3'])",
        *(attribute, value),
    )
    plain = rows(served, "SELECT item_id, rank, score FROM recommend('u3', k := 100)")
    qualifying = [item for item, *_ in plain if item in having_it]
    kept = [item for item, *_ in plain if item in qualifying[: ceil(share * k)]]
    others = [item for item, *_ in plain if item not in kept]
    wanted = {*kept, *others[: k - len(kept)]}
    assert [row[0] for row in found] == [item for item, *_ in plain if item in wanted]
    assert [row[1] for row in found] == list(range(1, len(found) + 1))
    assert [row[2] for row in found] == [row[0] in having_it for row in found]
    assert [(item, place, score) for item, _, _, place, score in found] == [row for row in plain if row[0] in wanted]


def test_everybody_and_fields_of_json(undone):
    undone.execute("ALTER TABLE mmsql.items ADD COLUMN details JSON")
    undone.execute("""UPDATE items SET details = '{"colour": ["red", "blue"]}' WHERE item_id IN ('i2', 'i12')""")
    lists = rows(
        undone,
        "SELECT user_id, count(*), count(*) FILTER (has_value) "
        "FROM quota_recommendations('details.colour', 'red', 0.2, k := 5) GROUP BY ALL",
    )
    assert len(lists) == 40
    assert {length for _, length, _ in lists} == {5}
    assert min(share for *_, share in lists) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            "'bran', 'Bolt', 0.5",
            r"Unknown attribute bran\. Items have: available, brand, category, description, price",
        ),
        ("NULL, 'Bolt', 0.5", "Unknown attribute NULL"),
        ("'brand', NULL, 0.5", r"value is NULL\. Name a value that brand has"),
        ("'brand', 'Bolt', 1.5", r"min_share must be from 0 to 1, 1\.5 was given"),
        ("'brand', 'Bolt', NULL", "min_share must be from 0 to 1, NULL was given"),
        ("'brand', 'Bolt', 0.5, k := 1.5", r"k must be a whole number of at least 1, 1\.5 was given"),
    ],
)
def test_bad_options_say_what_is_allowed(served, call, message):
    with pytest.raises(duckdb.Error, match=message):
        rows(served, f"FROM quota_recommendations({call})")
    with pytest.raises(duckdb.Error, match=message):
        rows(served, f"SELECT count(*) FROM quota_recommendations({call})")


def test_a_shop_without_items_has_no_attributes(undone):
    undone.execute("DELETE FROM items")
    with pytest.raises(duckdb.Error, match=r"Unknown attribute brand\. Items have: no rows\."):
        rows(undone, "FROM quota_recommendations('brand', 'Bolt', 0.5)")
