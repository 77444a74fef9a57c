"""A file with schema and macros, free to be filled."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from mmsql import store


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to an empty database with the macros."""
    connection = store.open_database(":memory:")
    store.ensure_schema(connection, ":memory:")
    yield connection
    connection.close()


@pytest.fixture(autouse=True)
def emptied(con: duckdb.DuckDBPyConnection) -> None:
    """Empty what the tests of a module fill."""
    for table in (*store.SOURCE_TABLES, *store.LOG_TABLES, "recommendations", "deployments"):
        con.execute(f"DELETE FROM mmsql.{table}")
