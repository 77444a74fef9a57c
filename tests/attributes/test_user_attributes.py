"""Attributes of users: read like those of items, as features and in SQL."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mmsql.attributes import USERS, infer_columns, infer_schema, read_attributes
from mmsql.attributes.value_sql import leaves_sql
from mmsql.data.content import Content, read_content
from mmsql.data.dataset import prepare
from mmsql.jobs import training

KNOWN = (
    "SELECT 'u' || n AS user_id, 18 + n AS age, CASE WHEN n % 2 = 0 THEN 'F' ELSE 'M' END AS gender, "
    "['music', 'taste ' || n % 3] AS likes, 'Europe > Country ' || n % 4 AS category, 'written by ' || n AS motto, "
    "[n, 1.5]::DOUBLE[] AS embedding, 'x'::BLOB AS picture FROM range(30) t(n)"
)


def know(con, select: str = KNOWN) -> None:
    con.execute(f"CREATE OR REPLACE TABLE mmsql.users AS {select}")


def read(con, encoder) -> tuple[Content, list[str]]:
    with prepare(con.cursor(), seed=1) as dataset:
        found = read_content(dataset, encoder)
        ids = dataset.con.execute("SELECT user_id FROM train_users ORDER BY user_index").fetchall()
    return found, [user for (user,) in ids]


def test_columns_are_used_as_those_of_items(shop):
    know(shop)
    found = {column.name: column for column in infer_columns(shop, USERS)}
    assert {name: column.kind for name, column in found.items()} == {
        "age": "number",
        "gender": "category",
        "likes": "list",
        "category": "hierarchy",
        "motto": "ignored",
        "embedding": "ignored",
        "picture": "ignored",
    }
    assert found["age"].bounds == (21.0, 24.0, 29.0, 32.0, 36.0, 40.0, 44.0)


def test_features_of_training_users(shop, counting_encoder):
    know(shop)
    content, ids = read(shop, counting_encoder)
    assert content.user_attribute.shape == (40, len(content.user_attribute_values))
    assert content.user_attribute.dtype == np.float32
    column = {value: place for place, value in enumerate(content.user_attribute_values)}
    row = content.user_attribute[ids.index("u3")].toarray().ravel()
    told = {
        "age=(-inf, 21)",
        "age=[21, 24)",
        "gender=M",
        "likes=music",
        "likes=taste 0",
        "category=Europe",
        "category=Europe > Country 3",
    }
    assert {value for value, place in column.items() if row[place] > 0} == told
    assert np.linalg.norm(row) == pytest.approx(1)
    assert row[column["category=Europe > Country 3"]] > row[column["category=Europe"]]


def test_users_whom_the_source_does_not_know_have_zeros(shop, counting_encoder):
    know(shop)
    shop.execute("INSERT INTO mmsql.users BY NAME SELECT 'u30' AS user_id")
    content, ids = read(shop, counting_encoder)
    for user in ("u30", "u35"):
        assert content.user_attribute[ids.index(user)].nnz == 0


@pytest.mark.parametrize(
    "select",
    [
        "SELECT 'u' || n AS user_id FROM range(40) t(n)",
        "SELECT 'u' || n AS user_id, NULL AS age, ' ' AS gender FROM range(40) t(n)",
        "SELECT 'stranger' AS user_id, 'F' AS gender",
        "SELECT 'u0' AS user_id, 'F' AS gender LIMIT 0",
    ],
    ids=["no columns", "no values", "nobody known", "no rows"],
)
def test_no_attribute_at_all_is_none(shop, counting_encoder, select):
    know(shop, select)
    content, _ = read(shop, counting_encoder)
    assert content.user_attribute is None
    assert content.user_attribute_values == ()


def test_users_may_be_a_view(shop):
    shop.execute("CREATE TABLE people AS " + KNOWN)
    shop.execute("DROP TABLE mmsql.users; CREATE VIEW mmsql.users AS SELECT user_id, gender FROM people")
    with prepare(shop.cursor(), seed=1) as dataset:
        assert read_attributes(dataset.con, USERS, dataset.users, infer_schema(shop).users).values == (
            "gender=F",
            "gender=M",
        )


@pytest.mark.parametrize(
    ("row", "values"),
    [
        ({"gender": "F", "age": 7, "rate": 1.5, "member": True}, ["F", "7", "1.5", "true"]),
        ({"likes": ["tea", "cake"], "none": [], "nested": [["a"]]}, ["tea", "cake", "a"]),
        ({"category": " A > B > C "}, ["A > B > C"]),
        ({"path": "A > B", "spaced": "  x "}, ["A > B", "x"]),
        ({"nothing": None, "empty": "", "blank": " "}, []),
        ({"we'ird \"name": "it's; DROP TABLE x", "颜色": "红"}, ["it's; DROP TABLE x", "红"]),
        ({}, []),
    ],
)
def test_values_of_a_row_of_any_columns(shop, row, values):
    query = "SELECT unnest(mmsql._attribute_values(?), recursive := true)"
    found = shop.execute(query, [json.dumps(row)]).fetchall()
    assert sorted(value for _, value in found) == sorted(values)
    assert {name for name, _ in found} <= set(row)


DOCUMENTS = [
    ({"a": {"b": {"c": 1}, "d": [2, None, {"e": "x"}]}}, {("a.b.c", "1"), ("a.d", "2"), ("a.d.e", "x")}),
    ({"a": '{"b": ["x", "y"]}'}, {("a.b", "x"), ("a.b", "y")}),
    ({"a": '{"b": '}, {("a", '{"b":')}),
    ({"a": '["x"]'}, {("a", "x")}),
    ({"a": {"b c": True}}, {("a.b c", "true")}),
]


@pytest.mark.parametrize(("row", "values"), DOCUMENTS)
def test_fields_are_read_in_sql_as_in_training(shop, row, values):
    query = "SELECT unnest(mmsql._attribute_values(?), recursive := true)"
    assert set(shop.execute(query, [json.dumps(row)]).fetchall()) == values
    text = row["a"] if isinstance(row["a"], str) else json.dumps(row["a"])
    shop.execute("CREATE OR REPLACE TABLE mmsql.users (user_id VARCHAR, a VARCHAR)")
    shop.execute("INSERT INTO mmsql.users VALUES ('u0', ?)", [text])
    assert set(shop.execute(f"SELECT v.attribute, v.value FROM ({leaves_sql(USERS, 'a')}) v").fetchall()) == values


@pytest.mark.parametrize(
    ("kind", "separator", "entries", "found"),
    [
        ("hierarchy", ">", ["A > B>C", "D"], ["A", "A > B", "A > B > C", "D"]),
        ("hierarchy", "/", [" A / B "], ["A", "A > B"]),
        ("hierarchy", "", ["A", "B"], ["A", "A > B"]),
        ("list", ";", ["a; b;", "c"], ["a", "b", "c"]),
        ("list", "", ["a; b"], ["a; b"]),
        ("category", None, ["a"], ["a"]),
        ("date", "", ["2024-03-01", "2023-01-01 10:00:00", "soon"], ["2024", "2023", None]),
    ],
)
def test_values_stand_for_what_the_schema_says(shop, kind, separator, entries, found):
    query = "SELECT mmsql._attribute_features(?, ?, ?)"
    assert shop.execute(query, [kind, separator, entries]).fetchall() == [(found,)]


@pytest.mark.parametrize(
    ("kind", "value", "number"),
    [
        ("number", "7.5", 7.5),
        ("number", "many", None),
        ("date", "2024-01-01", 2024.0),
        ("date", "2024-12-31 23:00:00", 2024 + 365 / 366),
        ("date", "infinity", None),
        ("date", "soon", None),
    ],
)
def test_values_as_numbers(shop, kind, value, number):
    found = shop.execute("SELECT mmsql._attribute_number(?, ?)", [kind, value]).fetchall()[0][0]
    assert found == (None if number is None else pytest.approx(number))


OTHERS = (
    "SELECT 'u' || n AS user_id, {'pets': CASE WHEN n % 2 = 0 THEN 'cat' ELSE 'dog' END, 'rooms': n} AS home, "
    "DATE '1990-01-01' + CAST(300 * n AS INTEGER) AS born, 'EU/Country ' || n % 2 || '/Town ' || n % 4 AS place, "
    "'tea; ' || CASE WHEN n % 2 = 0 THEN 'milk' ELSE 'honey' END || '; cake' AS likes FROM range(60) t(n)"
)


def test_a_user_without_history_is_known_by_fields_paths_lists_and_dates(shop, counting_encoder):
    know(shop, OTHERS)
    shop.execute("DELETE FROM interactions WHERE user_id = 'u20'")
    model = training.train(shop.cursor(), "graph").model
    read = dict(shop.execute("SELECT attribute, kind FROM mmsql.attribute_schema WHERE source = 'users'").fetchall())
    parts = shop.execute("SELECT enum_range(CAST(NULL AS mmsql.serving_parts))").fetchall()
    assert parts == [(["items", "user_edges", "deep_user_edges"],)]
    assert read == {
        "home.pets": "category",
        "home.rooms": "number",
        "born": "date",
        "place": "hierarchy",
        "likes": "list",
    }
    found = set(
        shop.execute(
            "SELECT DISTINCT e.attribute, e.value "
            "FROM mmsql._user_edges([{'visitor': 1, 'user_id': 'u20', 'model': ?}]) e",
            [model],
        ).fetchall()
    )
    assert {
        ("home.pets", "cat"),
        ("place", "EU"),
        ("place", "EU > Country 0"),
        ("likes", "milk"),
        ("likes", "tea"),
    } <= found
    assert {name for name, _ in found} == {"home.pets", "home.rooms", "born", "place", "likes"}
    assert shop.execute("SELECT DISTINCT source FROM recommend('u20') WHERE source <> 'popular'").fetchall() == [
        ("similar users",)
    ]


def test_a_user_of_unknown_values_is_served(shop, counting_encoder):
    know(shop, OTHERS)
    training.train(shop.cursor(), "graph")
    shop.execute(
        "INSERT INTO mmsql.users VALUES "
        "('new', {'pets': 'yak', 'rooms': -9}, DATE '2099-01-01', 'EU/Moon', 'gin; tea')"
    )
    found = shop.execute("SELECT evidence FROM explain('new', 'i3') WHERE modality = 'user_attribute'").fetchall()
    assert ("wanted by users with place = EU",) in found
    assert not [text for (text,) in found if "yak" in text or "Moon" in text or "gin" in text]


FLAT = (
    "SELECT 'u' || n AS user_id, CAST(18 + n AS DOUBLE) AS age, "
    "CASE WHEN n % 2 = 0 THEN ' F' ELSE 'M' END AS gender, "
    "n % 3 = 0 AS member FROM range(60) t(n)"
)
NEWCOMERS = "('new', 'NaN', 'F', NULL), ('old', 1e9, '', true), ('odd', -1, '[1]', false)"


def serve(con, *parts: str) -> None:
    con.execute("DROP TYPE mmsql.serving_parts")
    con.execute(f"CREATE TYPE mmsql.serving_parts AS ENUM {parts}")


def test_columns_with_one_value_are_read_in_a_shorter_way_with_the_same_answers(shop, counting_encoder):
    know(shop, FLAT)
    shop.execute("DELETE FROM interactions WHERE user_id IN ('u20', 'u21')")
    training.train(shop.cursor(), "graph")
    shop.execute(f"INSERT INTO mmsql.users VALUES {NEWCOMERS}")
    parts = shop.execute("SELECT enum_range(CAST(NULL AS mmsql.serving_parts))").fetchall()
    assert parts == [(["items", "user_edges"],)]
    asked = "FROM recommend_each(users := ['u20', 'u21', 'new', 'old', 'odd', 'nobody'])"
    found = shop.execute(asked).fetchall()
    why = shop.execute("SELECT evidence FROM explain('u20', 'i3') WHERE modality = 'user_attribute'").fetchall()
    assert any(text.startswith("wanted by users with age") for (text,) in why)
    serve(shop, "items", "user_edges", "deep_user_edges")
    assert shop.execute(asked).fetchall() == found
    serve(shop, "items", "user_vectors")
    assert shop.execute(asked).fetchall() != found
