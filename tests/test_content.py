"""Content: pooled texts, attributes of any type, and nothing at all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from mmsql.attributes import BINS, ITEMS, AttributeColumn, attribute_columns, read_attributes
from mmsql.content import Content, read_content, unit_rows
from mmsql.dataset import prepare


def content(con, encoder) -> tuple[Content, list[str]]:
    cursor = con.cursor()
    with prepare(cursor, seed=1) as dataset:
        read = read_content(dataset, encoder)
        ids = [item for (item,) in cursor.execute("SELECT item_id FROM train_catalog ORDER BY item_index").fetchall()]
    return read, ids


def tokens(con) -> set[str]:
    """Give every attribute token of the items table as it is, by making each item an island."""
    from mmsql import attributes

    selects = [attributes._select(column) for column in attribute_columns(con) if column.kind != "ignored"]
    return {
        token
        for select in selects
        for (token,) in con.execute(f"SELECT DISTINCT a.token FROM ({select}) a WHERE a.token IS NOT NULL").fetchall()
    }


def kinds(con) -> dict[str, str]:
    return {column.name: column.kind for column in attribute_columns(con)}


def test_comments_are_pooled_to_the_mean_direction(shop, counting_encoder):
    shop.execute("DELETE FROM comments")
    shop.execute(
        "INSERT INTO comments VALUES ('i1', 'u', 'aaa', 5, NULL), ('i1', 'v', "
        "'bbb', 5, NULL), ('i2', 'u', 'ccc', 5, NULL)"
    )
    read, ids = content(shop, counting_encoder)
    a, b = counting_encoder.encode(["aaa", "bbb"])
    np.testing.assert_allclose(read.comment[ids.index("i1")], (a + b) / np.linalg.norm(a + b), atol=1e-6)
    assert read.comment[ids.index("i3")].any() == np.False_
    assert read.comment.dtype == np.float32


def test_a_comment_counts_half_as_much_as_one_four_years_younger(shop, counting_encoder):
    shop.execute("DELETE FROM comments")
    shop.execute(
        "INSERT INTO comments VALUES ('i1', 'u', 'aaa', 5, TIMESTAMP '2020-01-02'), ('i1', 'v', 'bbb', 5, "
        "TIMESTAMP '2024-01-01'), ('i2', 'u', 'aaa', 5, NULL), ('i2', 'v', 'bbb', 5, TIMESTAMP '2024-01-01'), "
        "('i3', 'u', 'aaa', 5, TIMESTAMP '2999-01-01'), ('i3', 'v', 'bbb', 5, TIMESTAMP '2024-01-01')"
    )
    read, ids = content(shop, counting_encoder)
    a, b = counting_encoder.encode(["aaa", "bbb"])
    for item, share in (("i1", 0.5), ("i2", 0.5), ("i3", 1)):  # without a time; ahead of the clock
        wanted = share * a + b
        np.testing.assert_allclose(read.comment[ids.index(item)], wanted / np.linalg.norm(wanted), atol=1e-6)


def test_comments_count_as_a_column_of_weights_says(shop, counting_encoder):
    shop.execute("DELETE FROM comments; ALTER TABLE mmsql.comments ADD COLUMN weight VARCHAR")
    shop.execute(
        "INSERT INTO comments VALUES ('i1', 'u', 'aaa', 5, NULL, '3'), ('i1', 'v', 'bbb', 5, NULL, 'many'), "
        "('i2', 'u', 'aaa', 5, NULL, '-1'), ('i2', 'v', 'bbb', 5, NULL, NULL), ('i3', 'u', 'aaa', 5, NULL, '0')"
    )
    read, ids = content(shop, counting_encoder)
    a, b = counting_encoder.encode(["aaa", "bbb"])
    np.testing.assert_allclose(read.comment[ids.index("i1")], (3 * a + b) / np.linalg.norm(3 * a + b), atol=1e-6)
    np.testing.assert_allclose(read.comment[ids.index("i2")], b, atol=1e-6)
    assert not read.comment[ids.index("i3")].any()


def test_title_and_description_are_one_text(shop, counting_encoder):
    shop.execute("DELETE FROM comments; UPDATE items SET title = ' ', description = NULL WHERE item_id = 'i3'")
    shop.execute(
        "UPDATE items SET description = NULL WHERE item_id = 'i4'; UPDATE items SET title = NULL WHERE item_id = 'i5'"
    )
    read, ids = content(shop, counting_encoder)
    assert read.comment is None
    assert {"Game 1. About number 1", "Book 4", "About number 5"} <= set(counting_encoder.texts)
    assert not read.text[ids.index("i3")].any()


def test_pooled_is_the_sum_of_what_there_is(shop, counting_encoder):
    read, _ = content(shop, counting_encoder)
    np.testing.assert_allclose(read.pooled(), unit_rows(read.text + read.comment), atol=1e-6)
    assert Content().pooled() is None
    np.testing.assert_allclose(Content(text=read.text).pooled(), read.text, atol=1e-6)


def test_a_shop_without_any_content(shop, counting_encoder):
    shop.execute("DELETE FROM comments; DELETE FROM items")
    read, _ = content(shop, counting_encoder)
    assert (read.comment, read.text, read.attribute, read.encoded) == (None, None, None, 0)
    assert counting_encoder.batches == []


def test_texts_of_items_nobody_knows_are_not_encoded(shop, counting_encoder):
    shop.execute("INSERT INTO comments VALUES ('no such item', 'u', 'secret words', 5, NULL)")
    content(shop, counting_encoder)
    assert "secret words" not in counting_encoder.texts


def test_rows_of_length_one():
    rows = np.array([[3, 4], [0, 0], [1e-10, 0]], dtype=np.float32)
    assert unit_rows(rows).dtype == np.float32
    np.testing.assert_allclose(unit_rows(rows), [[0.6, 0.8], [0, 0], [1, 0]], atol=1e-6)


# --- attributes


def test_categories_are_their_upper_parts_too(shop):
    shop.execute("UPDATE items SET category = 'A > B > C'")
    assert {"category=A", "category=A > B", "category=A > B > C"} <= tokens(shop)


@pytest.mark.parametrize("empty", ["''", "'  '", "NULL"])
def test_an_empty_value_is_no_attribute(shop, empty):
    shop.execute(f"UPDATE items SET category = {empty}, brand = {empty}, price = NULL")
    assert tokens(shop) == set()


def test_no_attribute_at_all_is_none(shop):
    shop.execute("UPDATE items SET category = NULL, brand = NULL, price = NULL")
    with prepare(shop.cursor(), seed=1) as dataset:
        assert read_attributes(dataset.con, ITEMS, dataset.items) is None


VALUES = {
    "tags": ("['new', 'sale ' || (n % 2)]", "list", "tags=sale 1"),
    "pair": ("['a', 'b']::VARCHAR[2]", "list", "pair=b"),
    "nested": ("[['x', 'y'], ['z']]", "list", "nested=[z]"),
    "structs": ("[{'a': 1}]", "list", None),
    "embedding": ("[n, 1.5]::DOUBLE[]", "ignored", None),
    "fixed": ("[n, 1.5]::FLOAT[2]", "ignored", None),
    "struct": ("{'a': 1, 'b': 'z'}", "value", None),
    "map": ("MAP {'k': n % 2}", "value", None),
    "day": ("DATE '2024-01-01'", "value", "day=2024-01-01"),
    "moment": ("TIMESTAMP '2024-01-01 10:00:00'", "value", "moment=2024-01-01 10:00:00"),
    "length": ("1.5::DECIMAL(10, 2)", "value", "length=1.50"),
    "lengths": ("n::DECIMAL(10, 2)", "number", "lengths=(-inf, 2)"),
    "truth": ("n % 2 = 0", "value", "truth=true"),
    "size": ("(CASE WHEN n % 2 = 0 THEN 'S' ELSE 'L' END)::ENUM('S', 'L')", "value", "size=L"),
    "uuid": ("uuid()", "ignored", None),
    "json": ("""'{"a": 1}'::JSON""", "value", 'json={"a": 1}'),
    "huge": (
        "170141183460469231731687303715884105727::HUGEINT",
        "value",
        "huge=170141183460469231731687303715884105727",
    ),
    "unsigned": ("n::UBIGINT", "number", "unsigned=[12, inf)"),
    "tiny": ("(n % 3)::UTINYINT", "value", "tiny=2"),
    "nan": ("'nan'::DOUBLE", "value", "nan=nan"),
    "numbers": ("CASE WHEN n % 3 = 0 THEN NULL WHEN n % 3 = 1 THEN 'inf'::DOUBLE ELSE n END", "value", "numbers=inf"),
    "interval": ("INTERVAL 2 DAY", "value", "interval=2 days"),
    "text": ("'a sentence of its own ' || n", "ignored", None),
    "nothing": ("NULL", "value", None),
    "union": ("union_value(number := 2)", "value", "union=2"),
    "we\"ird; 'name": ("'x'", "value", "we\"ird; 'name=x"),
    "颜色": ("'红 🔴'", "value", "颜色=红 🔴"),
    "i": ("'i'", "value", "i=i"),
    "token": ("'t'", "value", "token=t"),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_column_of_any_type_is_used_or_left_out(shop, name):
    expression, kind, token = VALUES[name]
    quoted = '"' + name.replace('"', '""') + '"'
    shop.execute(
        f"CREATE OR REPLACE TABLE mmsql.items AS SELECT i.item_id, i.title, "
        f"i.description, i.category, i.brand, i.price, "
        f"i.available, {expression} AS {quoted} FROM (SELECT *, row_number() OVER () AS n FROM mmsql.items) i"
    )
    assert kinds(shop)[name] == kind
    found = {text for text in tokens(shop) if text.startswith(f"{name}=")}
    assert (token in found) if token else (kind != "ignored" or not found)
    with prepare(shop.cursor(), seed=1) as dataset:
        matrix = read_attributes(dataset.con, ITEMS, dataset.items).matrix
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    np.testing.assert_allclose(length, 1, atol=1e-5)


def test_pictures_and_texts_are_no_attributes(shop):
    shop.execute("ALTER TABLE items ADD COLUMN picture BLOB")
    assert kinds(shop) == {"category": "category", "brand": "value", "price": "number"}
    assert AttributeColumn("brand", "value") in attribute_columns(shop)


def priced(shop, prices: str) -> None:
    """Replace the items by some with a price each, from a query."""
    shop.execute(
        "DELETE FROM items; INSERT INTO items (item_id, price) "
        f"SELECT 'i' || row_number() OVER (), p.* FROM ({prices}) p"
    )


def test_a_number_is_cut_where_quantiles_meet(shop):
    priced(shop, "SELECT CAST(n AS DOUBLE) FROM range(80) t(n) UNION ALL SELECT NULL")
    bounds = (8.0, 15.0, 25.0, 35.0, 45.0, 55.0, 65.0)
    assert attribute_columns(shop)[2] == AttributeColumn("price", "number", bounds)
    assert tokens(shop) == {
        "price=(-inf, 8)",
        *(f"price=[{low:g}, {high:g})" for low, high in pairwise(bounds)),
        "price=[65, inf)",
    }
    assert attribute_columns(shop)[2].bins()[1] == ("[8, 15)", 8.0, 15.0)


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


def test_rare_values_weigh_more(shop):
    shop.execute("ALTER TABLE items ADD COLUMN colour VARCHAR")
    shop.execute("UPDATE items SET category = NULL, price = NULL, brand = 'Acme', colour = NULL")
    shop.execute("UPDATE items SET colour = 'rare' WHERE item_id IN ('i0', 'i1')")
    with prepare(shop.cursor(), seed=1) as dataset:
        matrix = read_attributes(dataset.con, ITEMS, dataset.items).matrix.toarray()
        (first,) = dataset.con.execute("SELECT item_index FROM train_catalog WHERE item_id = 'i0'").fetchall()[0]
    items, common, rare = dataset.items, 13, 2
    idf = np.log((1 + items) / (1 + np.array([common, rare]))) + 1
    np.testing.assert_allclose(sorted(matrix[first][matrix[first] > 0]), sorted(idf / np.linalg.norm(idf)), rtol=1e-5)
