"""Attributes that are numbers: where they are cut, and which are none."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from reading import attributes, column, tokens, with_column

from mmsql.attributes.bins import BINS


def priced(shop, prices: str) -> None:
    """Replace the items by some with a price each, from a query."""
    shop.execute(
        "DELETE FROM items; INSERT INTO items (item_id, price) "
        f"SELECT 'i' || row_number() OVER (), p.* FROM ({prices}) p"
    )


def test_a_number_is_cut_where_quantiles_meet(shop):
    priced(shop, "SELECT CAST(n AS DOUBLE) FROM range(80) t(n) UNION ALL SELECT NULL")
    bounds = (8.0, 15.0, 25.0, 35.0, 45.0, 55.0, 65.0)
    assert column(shop, "price").bounds == bounds
    assert tokens(shop) == {
        "price=(-inf, 8)",
        *(f"price=[{low:g}, {high:g})" for low, high in pairwise(bounds)),
        "price=[65, inf)",
    }
    assert column(shop, "price").bins()[1] == ("[8, 15)", 8.0, 15.0)


def test_a_bin_means_the_same_when_rows_are_added(shop):
    priced(shop, "SELECT round(exp(n / 300.0), 2) FROM range(1000) t(n)")
    before = tokens(shop)
    shop.execute("INSERT INTO items (item_id, price) VALUES ('cheap', -1), ('dear', 1e6), ('dearer', 1e7)")
    assert tokens(shop) == before


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        (
            "SELECT CASE WHEN n < 9 THEN n ELSE 0.5 END FROM range(900) t(n)",
            {"price=(-inf, 0.4)", "price=[0.4, inf)"},
        ),
        ("SELECT greatest(n - 90, 0) FROM range(100) t(n)", {"price=(-inf, 1)", "price=[1, inf)"}),
        ("SELECT CASE WHEN n < 10 THEN n ELSE 'nan'::DOUBLE END FROM range(30) t(n)", None),
        (
            "SELECT CASE WHEN n % 2 = 0 THEN 'inf'::DOUBLE ELSE 'nan'::DOUBLE END FROM range(30) t(n)",
            {"price=inf", "price=nan"},
        ),
    ],
    ids=["one value prevails", "most are the lowest", "many are no numbers", "none is a number"],
)
def test_numbers_that_are_hard_to_cut(shop, prices, expected):
    priced(shop, prices)
    found = tokens(shop)
    assert found == expected if expected else len(found) == BINS
    assert not expected or len(found) == 2


def test_items_of_nearly_one_price_are_alike_on_either_side_of_a_bound(shop):
    with_column(shop, "size", "n", rows=80)
    found = attributes(shop).matrix
    order = np.argsort([int(name[1:]) for name in sorted(f"i{n}" for n in range(80))])
    alike = (found @ found.T).toarray()[np.ix_(order, order)]
    bound = int(column(shop, "size").bounds[3])
    assert alike[bound - 1, bound] > 0.9
    assert alike[bound - 1, bound] > alike[bound - 1, bound + 6] > alike[bound - 1, bound + 40] == 0


def test_a_code_is_no_number(shop):
    with_column(shop, "group_id", "100000 + n % 20", rows=100)
    assert column(shop, "group_id").kind == "category"
    with_column(shop, "size", "100000 + n % 20", rows=100)
    assert column(shop, "size").kind == "number"
    with_column(shop, "zip", "'0' || (1000 + n % 20)", rows=100)
    assert column(shop, "zip").kind == "category"


def test_numbers_that_number_the_rows_are_left_out(shop):
    with_column(shop, "place", "n + 1000", rows=150)
    assert column(shop, "place").reason == "it numbers the rows"
    assert column(shop, "place", "place:number").kind == "number"
