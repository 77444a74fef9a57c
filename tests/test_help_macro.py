"""help(): every macro, by task, with a purpose and an example."""

from __future__ import annotations

import duckdb
import pytest
from mmsql.udfs import SESSION_MACROS

from mmsql.db.schema import MACROS

pytestmark = pytest.mark.core

FUNCTIONS = {"embed_comment", "embed_image", "fused_score"}


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def test_everything_public_is_listed_with_a_purpose_and_an_example(served):
    found = rows(served, "FROM help()")
    public = {name for _, name in MACROS if not name.startswith("_")}
    assert {name for _, name, *_ in found} == public | set(SESSION_MACROS) | FUNCTIONS
    for _, name, usage, purpose, example in found:
        assert usage.startswith(f"{name}(")
        assert len(purpose) > 20
        assert name in example
    assert len({task for task, *_ in found}) == 11


def test_every_macro_has_its_comment(served):
    listed = dict(
        rows(
            served,
            "SELECT function_name, comment FROM duckdb_functions() "
            "WHERE schema_name = 'mmsql' OR database_name = 'temp'",
        )
    )
    for name in [*SESSION_MACROS, *(name for _, name in MACROS)]:
        assert listed[name]
    assert "Example:" in listed["train"]


def test_without_python_there_is_what_works_without(trained_path, tmp_path):
    copy = tmp_path / "plain.duckdb"
    copy.write_bytes(trained_path.read_bytes())
    with duckdb.connect(str(copy), read_only=True) as con:
        names = {name for (name,) in con.execute("SELECT name FROM mmsql.help()").fetchall()}
    assert {"recommend", "metrics", "help"} <= names
    assert names.isdisjoint([*SESSION_MACROS, *FUNCTIONS])


def test_a_word_chooses(served):
    assert {task for (task,) in rows(served, "SELECT task FROM help('campaign')")} == {"run a campaign"}
    assert ("ndcg",) in rows(served, "SELECT name FROM help('NDCG')")
    assert rows(served, "FROM help('no such word')") == []
