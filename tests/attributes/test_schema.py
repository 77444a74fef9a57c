"""The declared schema: columns of any type and name, as they are inferred and as an analyst says."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from reading import attributes, column, row, tokens, with_column
from sklearn.feature_extraction.text import TfidfTransformer

from mmsql.attributes import ITEMS, AttributeSchema, infer_columns, infer_schema
from mmsql.attributes import read_attributes as read
from mmsql.attributes.matrix import tf_idf
from mmsql.attributes.schema import stored_schema
from mmsql.data.dataset import prepare
from mmsql.errors import OptionError
from mmsql.jobs import training

VALUES = {
    "tags": ("['new', 'sale ' || (n % 2)]", "list", "tags=sale 1"),
    "pair": ("['a', 'b' || n % 2]::VARCHAR[2]", "list", "pair=b1"),
    "holes": ("[NULL, 'a', NULL, 'b' || n % 2, '']", "list", "holes=b1"),
    "nested": ("[['x', 'y' || n % 2], ['z']]", "list", "nested=y1"),
    "embedding": ("[n, 1.5]::DOUBLE[]", "ignored", None),
    "fixed": ("[n, 1.5]::FLOAT[2]", "ignored", None),
    "whole": ("[n, 1]::INTEGER[2]", "ignored", None),
    "rooms": ("[n % 3, 7]", "list", "rooms=7"),
    "day": ("DATE '2024-01-01' + CAST(400 * (n % 2) AS INTEGER)", "date", "day=2025"),
    "moment": ("TIMESTAMP '2024-01-01 10:00:00' + INTERVAL (400 * n) DAY", "date", "moment=[2036, inf)"),
    "zoned": ("TIMESTAMPTZ '2024-06-01 10:00:00+02' + INTERVAL (400 * (n % 2)) DAY", "date", "zoned=2025"),
    "dated": ("'200' || (n % 3) || '-05-17'", "date", "dated=2002"),
    "endless": ("CASE WHEN n % 2 = 0 THEN DATE 'infinity' ELSE DATE '2024-01-01' END", "date", "endless=2024"),
    "length": ("(n % 2 + 0.5)::DECIMAL(10, 2)", "category", "length=1.50"),
    "lengths": ("n::DECIMAL(10, 2)", "number", "lengths=(-inf, 1)"),
    "truth": ("n % 2 = 0", "boolean", "truth=true"),
    "size": ("(CASE WHEN n % 2 = 0 THEN 'S' ELSE 'L' END)::ENUM('S', 'L')", "category", "size=L"),
    "uuid": ("uuid()", "ignored", None),
    "blob": ("'x'::BLOB", "ignored", None),
    "bits": ("CASE WHEN n % 2 = 0 THEN '01'::BIT ELSE '11'::BIT END", "category", "bits=11"),
    "clock": ("TIME '10:00:00' + INTERVAL (n % 2) HOUR", "category", "clock=11:00:00"),
    "huge": (
        "170141183460469231731687303715884105727::HUGEINT - n % 2",
        "category",
        "huge=170141183460469231731687303715884105727",
    ),
    "unsigned": ("n::UBIGINT", "number", "unsigned=[11, inf)"),
    "tiny": ("(n % 3)::UTINYINT", "category", "tiny=2"),
    "row_id": ("100000 + n", "ignored", None),
    "nan": ("CASE WHEN n % 2 = 0 THEN 'nan'::DOUBLE ELSE 1 END", "category", "nan=1.0"),
    "numbers": (
        "CASE WHEN n % 3 = 0 THEN NULL WHEN n % 3 = 1 THEN 'inf'::DOUBLE ELSE n END",
        "category",
        "numbers=inf",
    ),
    "written": ("(n * 2) || '.5'", "number", "written=[22, inf)"),
    "interval": ("INTERVAL 2 DAY * (n % 2)", "category", "interval=2 days"),
    "text": ("'a sentence of its own ' || n", "ignored", None),
    "prose": ("repeat('words of a long text ', 10) || n % 2", "ignored", None),
    "nothing": ("NULL", "ignored", None),
    "blank": ("' '", "ignored", None),
    "constant": ("'x'", "ignored", None),
    "flag": ("CASE WHEN n % 2 = 0 THEN 'x' END", "category", "flag=x"),
    "union": ("union_value(number := n % 2)", "category", "union=1"),
    "path": ("'A > B' || n % 2 || ' > C'", "hierarchy", "path=A > B1"),
    "slashed": ("'Men/' || ['Shoes', 'Coats'][1 + n % 2] || '/Kind ' || n % 4", "hierarchy", "slashed=Men > Shoes"),
    "genres": ("['Drama', 'Drama|Love', 'Love|War', 'War|Drama'][1 + n % 4]", "list", "genres=War"),
    "we\"ird; 'name": ("'x' || n % 2", "category", "we\"ird; 'name=x1"),
    "a b = c": ("'x' || n % 2", "category", "a b = c=x1"),
    "select": ("'x' || n % 2", "category", "select=x1"),
    "颜色": ("'红 🔴' || n % 2", "category", "颜色=红 🔴1"),
    **{name: (f"'{name}' || n % 2", "category", f"{name}={name}1") for name in ("s", "v", "n", "id", "row", "value")},
    "token": ("'t' || n % 2", "category", "token=t1"),
}


@pytest.mark.core
@pytest.mark.parametrize("name", VALUES)
def test_a_column_of_any_type_is_used_or_left_out(shop, name):
    expression, kind, token = VALUES[name]
    with_column(shop, name, expression)
    found = column(shop, name)
    assert found.kind == kind
    assert bool(found.reason) == (kind == "ignored")
    read_as = {text for text in tokens(shop) if text.startswith(f"{name}=")}
    assert token in read_as if token else not read_as
    everything = attributes(shop)
    if everything is not None:
        length = np.sqrt(np.asarray(everything.matrix.multiply(everything.matrix).sum(axis=1)).ravel())
        assert ((abs(length - 1) < 1e-5) | (length == 0)).all()


FIELDS = {
    "struct": ("{'colour': 'c' || n % 2, 'size': n, 'more': {'deep': {'er': {'est': 'd' || n % 3}}}}",),
    "map": ("MAP {'colour': 'c' || n % 2, 'size': n::VARCHAR}",),
    "json": (
        """('{"colour": "c' || n % 2 || '", "size": ' || n || ', "tags": ["a", null, "b' || n % 2 || '"], "x":1}')"""
        "::JSON",
    ),
    "text": ("""'{"colour": "c' || n % 2 || '", "size": ' || n || '}'""",),
    "structs": ("[{'colour': 'c' || n % 2}, {'colour': 'c2'}]",),
}


@pytest.mark.parametrize("name", FIELDS)
def test_fields_are_attributes(shop, name):
    with_column(shop, name, FIELDS[name][0])
    found = tokens(shop)
    assert f"{name}.colour=c1" in found
    if name != "structs":
        assert column(shop, f"{name}.size").kind == "number"
        assert f"{name}.size=[11, inf)" in found
    if name == "struct":
        assert "struct.more.deep.er.est=d2" in found
    if name == "json":
        assert column(shop, "json.tags").kind == "list"
        assert {"json.tags=a", "json.tags=b1"} <= found
        assert not any(value.startswith("json.x") for value in found)


@pytest.mark.parametrize(
    ("values", "kind", "some"),
    [
        (["1", "2", '"two"', "true", "null", '{"a": 1}', "[1]"], "category", {"k=two", "k=true"}),
        ([*map(str, range(40)), '"many"'], "number", {"k=[34, inf)"}),
        ([*map(str, range(10)), *(f'"m{n}"' for n in range(10))], "ignored", set()),
    ],
    ids=["all kinds", "nearly all numbers", "half of each"],
)
def test_a_field_of_mixed_types(shop, values, kind, some):
    listed = ", ".join("'" + value + "'" for value in values)
    with_column(shop, "j", f"""('{{"k": ' || [{listed}][1 + n] || '}}')::JSON""", rows=len(values))
    assert column(shop, "j.k").kind == kind
    assert {f"j.{value}" for value in some} <= tokens(shop)


def test_a_document_that_is_broken_in_some_rows(shop):
    with_column(shop, "doc", """CASE WHEN n = 3 THEN '{"a": ' ELSE '{"a": "x' || n % 2 || '"}' END""")
    assert {"doc.a=x0", "doc.a=x1"} <= tokens(shop)


def test_of_very_many_fields_the_most_common_are_read(shop):
    with_column(shop, "j", """('{"all": "a' || n % 2 || '", "own' || n || '": 1}')::JSON""", rows=500)
    found = infer_columns(shop, ITEMS)
    assert len([one for one in found if one.column == "j"]) == 400
    assert column(shop, "j.all").kind == "category"
    assert sum(one.reason == "only the 200 fields most rows have are read" for one in found) == 200


def test_every_ancestor_is_a_value_and_a_rare_one_weighs_more(shop):
    with_column(shop, "path", "'A > B' || n % 2 || ' > C' || n % 4")
    told = row(shop, "i1")
    assert list(told) == ["path=A", "path=A > B1", "path=A > B1 > C1"]
    assert told["path=A"] < told["path=A > B1"] < told["path=A > B1 > C1"]


def test_lists_that_are_paths_are_read_as_such(shop):
    with_column(shop, "categories", "['Goods ' || n % 2, 'Kind ' || n % 6, 'Sort ' || n]", rows=24)
    assert column(shop, "categories").kind == "hierarchy"
    assert {"categories=Goods 1", "categories=Goods 1 > Kind 3"} <= tokens(shop)
    assert column(shop, "categories", "categories:list").kind == "list"


def test_a_list_of_paths(shop):
    with_column(shop, "places", "['A > B' || n % 2, 'C > D']")
    assert {"places=A", "places=A > B1", "places=C > D"} <= tokens(shop)


@pytest.mark.parametrize("letter", ["x > ", "x"])
def test_a_path_without_end_and_a_text_without_end_are_cut_or_left_out(shop, letter):
    with_column(shop, "deep", f"repeat('{letter}', 200000) || n % 2")
    assert all(len(value) < 1000 for value in tokens(shop, "deep:hierarchy") | tokens(shop))


@pytest.mark.parametrize("separator", ["/", "|", " > "])
def test_the_declared_category_is_a_path_whatever_separates_it(shop, separator):
    shop.execute(f"UPDATE items SET category = replace(category, ' > ', '{separator}') || '{separator}' || brand")
    assert {"category=Media", "category=Media > Books", "category=Media > Books > Acme"} <= tokens(shop)


@pytest.mark.parametrize("empty", ["''", "'  '", "NULL"])
def test_an_empty_value_is_no_attribute(shop, empty):
    shop.execute(f"UPDATE items SET category = {empty}, brand = {empty}, price = NULL")
    assert attributes(shop) is None


def test_the_schema_of_the_shop(shop):
    found = infer_schema(shop)
    assert [(one.name, one.kind, one.values) for one in found.items] == [
        ("category", "hierarchy", 2),
        ("brand", "category", 2),
        ("price", "number", 11),
    ]
    assert found.items[2].filled == pytest.approx(11 / 13, abs=1e-4)
    assert found.users == ()


def test_the_schema_does_not_depend_on_the_order_of_rows(shop):
    with_column(shop, "mixed", "{'a': ['x' || n % 3, 'y'], 'b': n * 1.5, 'c': 'A > B' || n % 2}", rows=50)
    before = infer_schema(shop), attributes(shop)
    shop.execute("CREATE OR REPLACE TABLE mmsql.items AS FROM mmsql.items ORDER BY hash(item_id)")
    after = infer_schema(shop), attributes(shop)
    assert before[0] == after[0]
    assert before[1].values == after[1].values
    assert abs(before[1].matrix - after[1].matrix).max() == 0


# --- numbers


# --- many


def test_hundreds_of_columns(shop):
    many = ", ".join(f"'v{n}_' || (n % {2 + n % 5}) AS \"column {n}\"" for n in range(600))
    with_column(shop, "n", "n")
    shop.execute(f"CREATE OR REPLACE TABLE mmsql.items AS SELECT i.*, {many} FROM mmsql.items i")
    assert len(infer_schema(shop).items) == 3 + 1 + 600
    assert "column 599=v599_1" in tokens(shop)


def test_a_column_of_a_hundred_thousand_values(shop):
    with_column(shop, "word", "'w' || n % 100000", rows=200_000)
    assert column(shop, "word").values == 100_000
    shop.execute(
        "DELETE FROM items WHERE hash(item_id) % 100 > 0; UPDATE items SET word = 'w' || hash(item_id || 'x') % 20"
    )
    assert column(shop, "word").kind == "category"


def test_of_very_many_values_the_most_frequent_are_kept(shop, monkeypatch):
    monkeypatch.setattr("mmsql.attributes.matrix.MAX_VALUES", 2)
    with_column(shop, "word", "'w' || greatest(n - 4, 0) % 4")
    assert tokens(shop) == {"word=w0", "word=w1"}


# --- weights


def test_tf_idf_equals_scikit_learns():
    counts = sp.random(50, 20, 0.2, format="csr", random_state=1, dtype=np.float32)
    counts.data[:] = 1
    counts[3] = 0  # an item without attributes keeps a zero row
    counts.eliminate_zeros()
    assert abs(tf_idf(counts) - TfidfTransformer().fit_transform(counts)).max() < 1e-6
    assert tf_idf(counts)[3].nnz == 0


def test_rare_values_weigh_more(shop):
    with_column(shop, "colour", "CASE WHEN n < 2 THEN 'rare' END")
    shop.execute("UPDATE items SET brand = 'Acme'")
    idf = np.log((1 + 13) / (1 + np.array([13, 2]))) + 1
    np.testing.assert_allclose(list(row(shop, "i0").values()), idf / np.linalg.norm(idf), rtol=1e-5)


# --- what an analyst says, and what is stored


@pytest.mark.parametrize("kinds", ["price:ignored", "items.price:ignored", {"price": "ignored"}])
def test_an_analyst_has_the_last_word(shop, counting_encoder, kinds):
    model = training.train(shop.cursor(), "graph", options={"attribute_kinds": kinds}).model
    stored = stored_schema(shop, model).items
    assert [(one.name, one.kind, one.reason) for one in stored][2] == ("price", "ignored", "attribute_kinds says so")


@pytest.mark.parametrize(
    ("kinds", "name", "kind"),
    [
        ("price:category", "price", "category"),
        ("brand:ignored,price:date", "brand", "ignored"),
        ("brand:hierarchy", "brand", "hierarchy"),
        ("brand:list", "brand", "list"),
        ("brand:number", "brand", "category"),
        ("items.brand:ignored", "brand", "ignored"),
    ],
)
def test_kinds_by_name(shop, kinds, name, kind):
    assert column(shop, name, kinds).kind == kind
    assert attributes(shop, kinds) is not None


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ("price:colour", "Unknown kind of price in attribute_kinds: 'colour'. Allowed: "),
        ("price", "attribute_kinds must be of the form sku:ignored,size:category; 'price' was given."),
        (
            "brand:category,nowhere:number",
            "Unknown attribute in attribute_kinds: 'nowhere'. Allowed: category, ",
        ),
        ("users.brand:ignored", "Unknown attribute in attribute_kinds: 'users.brand'. Allowed: "),
        (
            5,
            "attribute_kinds must be values by name; 5 was given. "
            "Type attribute_kinds := {'sku': 'ignored', 'size': 'category'}.",
        ),
    ],
)
def test_kinds_that_there_are_not(shop, kinds, message):
    with pytest.raises(OptionError) as caught:
        training.train(shop.cursor(), "graph", options={"attribute_kinds": kinds})
    assert message in str(caught.value)


def test_a_model_keeps_the_schema_of_its_training(shop, counting_encoder):
    shop.execute("ALTER TABLE items ADD COLUMN colour VARCHAR; UPDATE items SET colour = 'c' || hash(item_id) % 3")
    model = training.train(shop.cursor(), "graph").model
    stored = stored_schema(shop, model)
    assert stored == infer_schema(shop)
    shop.execute("UPDATE items SET price = price * 1000, colour = 'c' || hash(item_id) % 3 || item_id")
    shop.execute("ALTER TABLE items ADD COLUMN later VARCHAR; UPDATE items SET later = 'x' || hash(item_id) % 2")
    (refreshed,) = shop.execute("SELECT model FROM refresh(retrain := 9)").fetchall()[0]
    assert refreshed != model
    assert stored_schema(shop, refreshed) == stored
    assert shop.execute("SELECT count(*) FROM evaluate()").fetchall() == [(14,)]
    shop.execute("ALTER TABLE items DROP COLUMN colour")
    with prepare(shop.cursor(), seed=1) as dataset:
        found = read(dataset.con, ITEMS, dataset.items, stored.items)
    assert {value.partition("=")[0] for value in found.values} == {"category", "brand", "price"}
    assert stored_schema(shop, "graph-99") is None


def test_unknown_values_leave_their_known_ancestors(shop):
    schema = infer_schema(shop)
    before = set(attributes(shop).values)
    shop.execute(
        "UPDATE items SET category = 'Media > Films > Silent', brand = 'New', price = -1 WHERE item_id = 'i3'"
    )
    with prepare(shop.cursor(), seed=1) as dataset:
        found = read(dataset.con, ITEMS, dataset.items, schema.items)
        (place,) = dataset.con.execute("SELECT item_index FROM train_catalog WHERE item_id = 'i3'").fetchall()[0]
    told = {value for value, weight in zip(found.values, found.matrix[place].toarray()[0], strict=True) if weight}
    assert told & before == {"category=Media", "price=(-inf, 6)"}


def test_an_empty_schema_gives_nothing(shop):
    assert AttributeSchema().to_arrow().num_rows == 0
    with prepare(shop.cursor(), seed=1) as dataset:
        assert read(dataset.con, ITEMS, dataset.items, ()) is None


@pytest.mark.parametrize("kind", ["BIGINT", "VARCHAR"])
def test_ids_of_either_type(shop, kind):
    shop.execute(
        f"CREATE OR REPLACE TABLE mmsql.items AS SELECT * REPLACE (ltrim(item_id, 'i')::{kind} AS item_id), "
        "{'a': ltrim(item_id, 'i')::INT % 2} AS j FROM mmsql.items"
    )
    shop.execute(
        f"CREATE OR REPLACE TABLE mmsql.interactions AS SELECT * REPLACE (ltrim(item_id, 'i')::{kind} AS item_id) "
        "FROM mmsql.interactions"
    )
    assert {"category=Media", "j.a=1", "brand=Acme"} <= row(shop, "3").keys()
