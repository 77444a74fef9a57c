"""Attributes of users: read like those of items, as features and in SQL."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mmsql.attributes import USERS, AttributeColumn, attribute_columns, read_attributes
from mmsql.content import Content, read_content
from mmsql.dataset import prepare

pytestmark = pytest.mark.core

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
    found = attribute_columns(shop, USERS)
    assert {column.name: column.kind for column in found} == {
        "age": "number",
        "gender": "value",
        "likes": "list",
        "category": "category",
        "motto": "ignored",
        "embedding": "ignored",
    }
    assert AttributeColumn("age", "number", (21.0, 24.0, 29.0, 32.0, 36.0, 40.0, 44.0)) in found


def test_features_of_training_users(shop, counting_encoder):
    know(shop)
    content, ids = read(shop, counting_encoder)
    assert content.user_attribute.shape == (40, len(content.user_attribute_values))
    assert content.user_attribute.dtype == np.float32
    column = {value: place for place, value in enumerate(content.user_attribute_values)}
    row = content.user_attribute[ids.index("u3")].toarray().ravel()
    told = {
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
        assert read_attributes(dataset.con, USERS, dataset.users).values == ("gender=F", "gender=M")


@pytest.mark.parametrize(
    ("row", "values"),
    [
        ({"gender": "F", "age": 7, "rate": 1.5, "member": True}, ["F", "7", "1.5", "true"]),
        ({"likes": ["tea", "cake"], "none": [], "nested": [["a"]]}, ["tea", "cake", '["a"]']),
        ({"category": " A > B > C "}, ["A", "A > B", "A > B > C"]),
        ({"path": "A > B", "spaced": "  x "}, ["A > B", "x"]),
        ({"nothing": None, "empty": ""}, [None, ""]),
        ({"we'ird \"name": "it's; DROP TABLE x", "颜色": "红"}, ["it's; DROP TABLE x", "红"]),
        ({}, []),
    ],
)
def test_values_of_a_row_of_any_columns(shop, row, values):
    found = shop.execute("SELECT unnest(mmsql._attribute_values(?), recursive := true)", [json.dumps(row)]).fetchall()
    assert [value for _, value in found] == values
    assert {name for name, _ in found} <= set(row)
