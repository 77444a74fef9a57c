"""`mmsql check` finds a problem exactly where training stops, and both give the same advice, which works."""

from __future__ import annotations

import re

import duckdb
import pytest

from mmsql.errors import SourceError
from mmsql.jobs import training
from mmsql.jobs.checks import PROBLEM, Finding, check

pytestmark = pytest.mark.usefixtures("counting_encoder")

OWN = "CREATE TABLE main.own AS SELECT {user} AS user_id, {item} AS item_id, {ts} AS ts FROM range(100)"
VIEW = (
    "CREATE OR REPLACE VIEW mmsql.interactions AS "
    "SELECT user_id, item_id, 'buy' AS event, NULL::DOUBLE AS weight, {ts} FROM main.own"
)
TEXT_IDS = {"user": "'u' || range % 20", "item": "'i' || range * 7 % 13"}
NUMBER_IDS = {"user": "(range % 20)::INTEGER", "item": "(range * 7 % 13)::INTEGER"}
SECONDS = "1700000000 + range * 3600"


def problems(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    return [finding for finding in check(con) if finding.level == PROBLEM]


@pytest.mark.parametrize("ids", [TEXT_IDS, NUMBER_IDS])
def test_the_types_of_empty_sources_are_no_problem(empty, ids):
    empty.execute("DROP TABLE mmsql.interactions")
    empty.execute(OWN.format(**ids, ts=SECONDS))
    empty.execute(VIEW.format(ts="to_timestamp(ts) AS ts"))
    assert problems(empty) == []
    assert training.train(empty.cursor(), "graph").events == 100


@pytest.mark.parametrize("source", ["items", "comments", "users", "images"])
def test_those_of_a_source_with_rows_are_one(empty, source):
    empty.execute("DROP TABLE mmsql.interactions")
    empty.execute(OWN.format(**NUMBER_IDS, ts=SECONDS))
    empty.execute(VIEW.format(ts="to_timestamp(ts) AS ts"))
    ids = {"users": ["user_id"], "comments": ["user_id", "item_id"]}.get(source, ["item_id"])
    empty.execute(f"INSERT INTO mmsql.{source} ({ids[0]}) VALUES ('3')")
    advice = [problem.advice for problem in problems(empty)]
    with pytest.raises(SourceError) as raised:
        training.train(empty.cursor(), "graph")
    casts = [f"CAST({name} AS INTEGER) AS {name}" for name in ids]
    assert advice == [f"Ids need one type: write {cast} in the views that differ." for cast in casts]
    assert casts[0] in str(raised.value)


@pytest.mark.parametrize("ids", [TEXT_IDS, NUMBER_IDS])
@pytest.mark.parametrize(
    "ts", [SECONDS, f"({SECONDS})::DOUBLE", f"({SECONDS})::UINTEGER", "'2025-01-01 10:00:' || range % 60"]
)
def test_the_advice_for_times_is_the_same_and_works(empty, ids, ts):
    empty.execute("DROP TABLE mmsql.interactions")
    empty.execute(OWN.format(**ids, ts=ts))
    empty.execute(VIEW.format(ts="ts"))
    (problem,) = problems(empty)
    with pytest.raises(SourceError) as raised:
        training.train(empty.cursor(), "graph")
    advice = re.search(r"in the view: (.* AS ts)", problem.advice)[1]
    assert advice in str(raised.value)
    empty.execute(VIEW.format(ts=advice))
    assert problems(empty) == []
    assert training.train(empty.cursor(), "graph").events == 100
    assert empty.execute("SELECT count(ts), count(DISTINCT ts) > 50 FROM mmsql.interactions").fetchall() == [
        (100, True)
    ]


@pytest.mark.parametrize(
    ("source", "column", "expression"),
    [("items", "user_id", "501 + rowid"), ("users", "item_id", "7"), ("items", "user_id", "'seller'")],
)
def test_an_id_that_a_source_does_not_declare_is_an_attribute(shop, source, column, expression):
    shop.execute("INSERT INTO mmsql.users SELECT DISTINCT user_id FROM interactions")
    shop.execute(f"CREATE TABLE main.own AS SELECT *, {expression} AS {column} FROM mmsql.{source}")
    shop.execute(f"DROP TABLE mmsql.{source}; CREATE VIEW mmsql.{source} AS FROM main.own")
    assert problems(shop) == []
    model = training.train(shop.cursor(), "graph", options={"search_steps": 0}).model
    known = "SELECT count(*) FROM mmsql.attribute_schema WHERE model = ? AND attribute = ?"
    assert shop.execute(known, [model, column]).fetchall() == [(1,)]
    assert shop.execute("SELECT status FROM refresh()").fetchall()
