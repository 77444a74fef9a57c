"""Opening the file of a command."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from mmsql.errors import DatabaseError

if TYPE_CHECKING:
    import duckdb


@contextmanager
def reading(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a file read-only, as any DuckDB client would: the macros in it need no Python.

    Raises
    ------
    DatabaseError
        When there is no such file, or none of mmsql's.
    """
    from mmsql.db.opening import open_database
    from mmsql.db.schema import check_schema

    with closing(open_database(database, read_only=True)) as con, _interruptible(con):
        check_schema(con, database)
        yield con


@contextmanager
def writing(database: Path, *, create: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a file to change it.

    Parameters
    ----------
    database : Path
        The file.
    create : bool
        Whether to make it when it is not there. A mistyped name should not leave an empty file behind.

    Raises
    ------
    DatabaseError
        When there is no such file, it is locked, or it cannot be opened.
    """
    if not create and not database.exists():
        raise DatabaseError(f"There is no file {database}. Run `mmsql init {database}` to make one.")
    from mmsql.connection import connect

    with closing(connect(database)) as con, _interruptible(con):
        yield con


@contextmanager
def _interruptible(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let Ctrl-C also stop the query that runs: otherwise its threads go on, and closing waits for them."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        con.interrupt()
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
