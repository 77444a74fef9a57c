"""The SQL files: each one object with a header that tells the truth, and each of them in a list."""

from __future__ import annotations

import re
from graphlib import CycleError
from importlib.resources import files
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmsql.udfs import SESSION_MACROS

from mmsql import config
from mmsql.db import schema, sqlfiles
from mmsql.db.schema import MACROS, MIGRATIONS, TABLES, VIEWS
from mmsql.models import scoring

SQL = Path(str(files("mmsql.sql")))
FILES = sorted((path.parent.relative_to(SQL).as_posix(), path.stem) for path in SQL.rglob("*.sql"))
PUBLIC = [(folder, name) for folder, name in MACROS if not name.startswith("_")]
SESSION = [("session", name) for name in SESSION_MACROS]


def names(folder: str) -> set[str]:
    return {name for found, name in FILES if found == folder}


def documented(source: sqlfiles.SqlFile, section: str) -> list[str]:
    """Give the first word of the lines of a section that are not a continuation of the line before."""
    lines = source.sections.get(section, [])
    return [line.split()[0] for line in lines if not line.startswith(" ")]


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_every_file_is_one_statement_under_a_header(folder, name):
    source = sqlfiles.read(folder, name)
    assert source.summary.endswith((".", ":", ".)"))
    assert len(duckdb.extract_statements(source.statement)) == 1
    assert sqlfiles.query(folder, name) == source.statement
    assert "\n\n\n" not in source.statement


@pytest.mark.parametrize(("folder", "name"), [*MACROS, *SESSION])
def test_the_object_has_the_name_of_its_file(folder, name):
    statement = sqlfiles.query(folder, name)
    prefix = "CREATE OR REPLACE TEMP MACRO " if folder == "session" else "CREATE MACRO mmsql."
    assert statement.startswith(f"{prefix}{name}(")


def test_every_object_is_in_its_list():
    persisted = {place for place in FILES if place[0].split("/")[0] in ("macros", "metrics", "experiments", "health")}
    assert set(MACROS) == persisted
    assert set(SESSION_MACROS) == names("session")
    assert set(VIEWS) == names("views")
    assert set(TABLES) == names("schema")
    assert {name for _, name in MIGRATIONS} == names("migrations")
    for listed in (MACROS, SESSION_MACROS, VIEWS, TABLES):
        assert len(set(listed)) == len(listed)


@pytest.mark.parametrize(("folder", "name"), [*PUBLIC, *SESSION])
def test_a_header_names_the_parameters_and_columns_there_are(served, folder, name):
    source = sqlfiles.read(folder, name)
    found = served.execute(
        "SELECT f.parameters, f.function_type FROM duckdb_functions() f "
        "WHERE f.function_name = ? AND f.function_type IN ('macro', 'table_macro') AND f.schema_name = ?",
        [name, "main" if folder == "session" else "mmsql"],
    ).fetchall()
    assert len(found) == 1
    parameters, kind = found[0]
    assert documented(source, "Parameters") == list(parameters)
    assert source.example
    assert source.sections["Returns"]
    if kind == "table_macro" and folder.startswith("macros/"):
        required = {
            "recommend": "'u0'",
            "recommend_session": "['i0']",
            "similar_items": "'i0'",
            "explain": "'u0', 'i2'",
            "explain_each": "[]",
            "what_if": "'u0'",
            "quota_recommendations": "'brand', 'Bolt', 0.5",
            "audience": "'i0'",
            "aspects": "'i0'",
            "comment_summary": "'i0'",
            "cross_sell": "'i0'",
        }
        if name != "metrics":
            described = served.sql(f"FROM mmsql.{name}({required.get(name, '')})").columns
            assert documented(source, "Returns") == described


def test_comments_in_the_file_are_the_headers(served):
    found = dict(
        served.execute(
            "SELECT f.function_name, f.comment FROM duckdb_functions() f "
            "WHERE f.schema_name = 'mmsql' AND f.function_type IN ('macro', 'table_macro')"
        ).fetchall()
    )
    assert found == {name: sqlfiles.read(folder, name).comment for folder, name in MACROS}
    views = dict(
        served.execute("SELECT v.view_name, v.comment FROM duckdb_views() v WHERE v.schema_name = 'mmsql'").fetchall()
    )
    assert views == {name: sqlfiles.read("views", name).comment for name in VIEWS}


def test_train_takes_every_option_of_every_algorithm(served):
    ((parameters,),) = served.execute(
        "SELECT f.parameters FROM duckdb_functions() f WHERE f.function_name = "
        "'train' AND f.function_type = 'table_macro'"
    ).fetchall()
    options = config.option_names(*config.ALGORITHM_CONFIGS.values())
    assert set(parameters) == {"algorithm", "encoder", "image_encoder", "deploy", *options}
    body = sqlfiles.query("session", "train")
    for name in parameters:
        assert re.search(rf"'{name}',\s+{name}\b", body)


def test_a_header_is_taken_apart():
    source = sqlfiles.read("macros/recommend", "recommend_session")
    assert source.summary.startswith("The k items an anonymous visitor")
    assert documented(source, "Parameters")[:2] == ["item_ids", "k"]
    assert source.example == "FROM mmsql.recommend_session(['P0001', 'P0002'], k := 5);"
    assert source.comment.splitlines()[0] == source.summary
    assert source.example in source.comment
    assert source.statement.startswith("CREATE MACRO mmsql.recommend_session(")
    assert not source.statement.endswith(";")


def macro(name: str, body: str) -> sqlfiles.SqlFile:
    statement = f"CREATE MACRO mmsql.{name}(x, y := [1, 2]) AS {body}"
    return sqlfiles.SqlFile(name=name, folder="macros", summary="Made.", statement=statement)


def test_a_signature_has_the_defaults():
    assert macro("first", "TABLE SELECT x AS y").signature == "first(x, y := [1, 2])"
    assert sqlfiles.read("macros/recommend", "popular_items").signature == (
        "popular_items(k := 10, category := NULL, brand := NULL, min_price := NULL, max_price := NULL, "
        "only_available := true)"
    )
    assert sqlfiles.read("session", "rollback").signature == "rollback()"
    assert sqlfiles.read("schema", "items").signature == ""
    for folder, name in [*MACROS, *SESSION]:
        assert sqlfiles.read(folder, name).signature.startswith(f"{name}(")


def test_a_body_is_what_a_macro_computes():
    assert macro("first", "x + 1").body == "x + 1"
    assert macro("first", "TABLE SELECT x AS y").body == "SELECT x AS y"


def test_a_macro_is_created_after_the_ones_it_calls():
    last = macro("last", "mmsql.middle(x) + mmsql.first(x)")
    middle = macro("middle", "CASE WHEN x > 9 THEN mmsql.first(x) END")
    first = macro("first", "x + 1")
    for listed in ((last, middle, first), (first, middle, last), (middle, last, first)):
        assert [source.name for source in sqlfiles.creation_order(listed)] == ["first", "middle", "last"]
    order = [source.name for source in schema.macros_in_order()]
    assert sorted(order) == sorted(name for _, name in MACROS)
    for source in schema.macros_in_order():
        assert all(order.index(name) < order.index(source.name) for name in source.references)


def test_macros_that_call_each_other_are_an_error():
    with pytest.raises(CycleError):
        sqlfiles.creation_order([macro("hen", "mmsql.egg(x)"), macro("egg", "mmsql.hen(x)")])


def test_a_call_of_a_macro_in_no_list_is_an_error():
    with pytest.raises(ValueError, match=r"sql/macros/hen.sql calls mmsql.egg\(\), which is in no list of macros"):
        sqlfiles.creation_order([macro("hen", "mmsql.egg(x)")])


def test_constants_shared_with_python_are_the_same(served):
    ((decay_weight, heap_size),) = served.execute(
        "SELECT mmsql._min_decay_weight(), mmsql._max_heap_size()"
    ).fetchall()
    assert decay_weight == scoring.MIN_DECAY_WEIGHT
    assert served.execute("SELECT len(min(n, ?)) FROM range(3) t(n)", [heap_size]).fetchall() == [(3,)]
    with pytest.raises(duckdb.Error, match="must be"):
        served.execute("SELECT len(min(n, ?)) FROM range(3) t(n)", [heap_size + 1]).fetchall()


def test_a_file_that_is_not_there_is_an_error():
    with pytest.raises(FileNotFoundError, match="no_such_macro"):
        sqlfiles.read("macros", "no_such_macro")


@given(st.text(st.characters(blacklist_characters="\x00", blacklist_categories=("Cs",)), min_size=1))
def test_quoting_survives_any_name(name):
    with duckdb.connect() as con:
        relation = con.sql(f"SELECT {sqlfiles.quote_literal(name)} AS {sqlfiles.quote_identifier(name)}")
        assert relation.columns == [name]
        assert relation.fetchall() == [(name,)]
