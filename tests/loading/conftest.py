"""Fixtures: an empty database, and what is in it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mmsql import columns
from mmsql.db.opening import open_database
from mmsql.db.schema import ensure_schema


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("empty") / "empty.duckdb"
    connection = open_database(path)
    ensure_schema(connection, path)
    connection.close()
    return path.read_bytes()


@pytest.fixture
def con(tmp_path: Path, empty_file: bytes) -> Iterator[duckdb.DuckDBPyConnection]:
    path = tmp_path / "empty.duckdb"
    path.write_bytes(empty_file)
    connection = open_database(path)
    yield connection
    connection.close()


@pytest.fixture
def rows(con: duckdb.DuckDBPyConnection) -> Callable[[str], list[tuple[Any, ...]]]:
    """Give the rows of a query, ordered."""
    return lambda query: con.execute(f"FROM ({query}) ORDER BY ALL").fetchall()


@pytest.fixture
def rejects(con: duckdb.DuckDBPyConnection) -> Callable[[], list[tuple[str, str]]]:
    """Give source and reason of every reject."""
    return lambda: con.execute("SELECT source, reason FROM mmsql.rejects ORDER BY ALL").fetchall()


@pytest.fixture
def everything(con: duckdb.DuckDBPyConnection) -> Callable[[], dict[str, Any]]:
    """Give columns and rows of every source and of the rejects, to see that nothing changed."""

    def read() -> dict[str, Any]:
        state = {}
        for name in (*columns.SOURCES, "rejects"):
            relation = con.execute(f"FROM mmsql.{name} ORDER BY ALL")
            state[name] = ([column[:2] for column in relation.description], relation.fetchall())
        state["temporary"] = con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE temporary UNION ALL "
            "SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal UNION ALL "
            "SELECT function_name FROM duckdb_functions() WHERE function_name LIKE 'load\\_%' ESCAPE '\\'"
        ).fetchall()
        return state

    return read


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file and give its path."""

    def make(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make
