"""A file to put evaluations into, without training anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pytest

from mmsql.db.opening import open_database
from mmsql.db.schema import ensure_schema

Lists = Mapping[str, Sequence[str]]
AddEvaluation = Callable[..., int]


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with schema and macros and nothing in it: not to be written to."""
    path = tmp_path_factory.mktemp("metrics") / "empty.duckdb"
    connection = open_database(path)
    ensure_schema(connection, path)
    connection.close()
    return path


@pytest.fixture
def con(empty_file: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to an empty file of the test's own."""
    path = tmp_path / "shop.duckdb"
    path.write_bytes(empty_file.read_bytes())
    connection = open_database(path)
    yield connection
    connection.close()


def _add_evaluation(
    con: duckdb.DuckDBPyConnection,
    *,
    held_out: Mapping[str, Sequence[str]],
    lists: Lists,
    popularity: Lists | None = None,
    events: Mapping[str, int] | None = None,
    vectors: Mapping[str, Sequence[float] | None] | None = None,
    training_users: int = 8,
    model: str = "graph-1",
    algorithm: str = "graph",
    split: str = "leave_last_out",
    depth: int = 20,
) -> int:
    """Store an evaluation as evaluate() does, and return its number. Lists give a user's items in order."""
    number = 1 + con.execute("SELECT count(*) FROM mmsql.evaluations").fetchall()[0][0]
    by_algorithm = {algorithm: lists} | ({} if popularity is None else {"popularity": popularity})
    places = [
        (number, name, user, rank, item, 1.0 / rank)
        for name, ranked in by_algorithm.items()
        for user, items in ranked.items()
        for rank, item in enumerate(items, start=1)
    ]
    kept = [(number, user, item, None) for user, items in held_out.items() for item in items]
    counts = events if events is not None else {place[4]: 1 for place in places}
    catalog = [(number, item, count, (vectors or {}).get(item)) for item, count in counts.items()]
    con.execute(
        "INSERT INTO mmsql.evaluations VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, 100, 0.1, TIMESTAMP '2026-01-01')",
        [number, model, algorithm, split, depth, len(held_out), len(catalog), training_users],
    )
    _insert(con, "INSERT INTO mmsql.evaluation_lists", places)
    _insert(con, "INSERT INTO mmsql.holdout", kept)
    _insert(con, "INSERT INTO mmsql.evaluation_items", catalog)
    return number


def _insert(con: duckdb.DuckDBPyConnection, statement: str, rows: list[tuple]) -> None:
    for start in range(0, len(rows), 1000):
        block = rows[start : start + 1000]
        places = ", ".join("(" + ", ".join("?" * len(row)) + ")" for row in block)
        con.execute(f"{statement} VALUES {places}", [value for row in block for value in row])


@pytest.fixture
def add_evaluation(con: duckdb.DuckDBPyConnection) -> AddEvaluation:
    """Give a function that stores an evaluation in ``con``."""
    return lambda **given: _add_evaluation(con, **given)
