"""A file with schema and macros, free to be filled."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from mmsql.db.opening import open_database
from mmsql.db.schema import LOG_TABLES, SOURCE_TABLES, ensure_schema


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to an empty database with the macros."""
    connection = open_database(":memory:")
    ensure_schema(connection, ":memory:")
    yield connection
    connection.close()


@pytest.fixture(autouse=True)
def emptied(con: duckdb.DuckDBPyConnection) -> None:
    """Empty what the tests of a module fill."""
    for table in (*SOURCE_TABLES, *LOG_TABLES, "recommendations", "deployments"):
        con.execute(f"DELETE FROM mmsql.{table}")
