"""Connections of commands to their database file."""

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
    """Open a file read-only, as any DuckDB client can: its macros need no Python.

    Raises
    ------
    DatabaseError
        When there is no such file, or it is not a file of mmsql.
    """
    from mmsql.db.opening import open_database
    from mmsql.db.schema import check_schema

    with closing(open_database(database, read_only=True)) as con, _interruptible(con):
        check_schema(con, database)
        yield con


@contextmanager
def writing(database: Path, *, create: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a file for writing.

    Parameters
    ----------
    database : Path
        The file.
    create : bool
        Whether to create a missing file. Without it, a mistyped name does not leave an empty file behind.

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
    """Make Ctrl-C stop the running query, whose threads would otherwise go on and delay the end."""
    from mmsql.interrupts import stop_others

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if stop_others():  # the statement that waits for a job fails by itself
            return
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
