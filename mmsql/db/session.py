"""State of the functions of one database: its path, a cursor of their own, the models they loaded."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from mmsql.db.opening import is_memory
from mmsql.errors import DatabaseError

# DuckDB may call a function after the connection that registered it is gone: sessions live as long as the process.
_sessions: list[Session] = []


class Session:
    """State shared by the functions of one database instance.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        The connection that registers the functions. It is not kept open.
    path : str or Path
        The file.
    read_only : bool
        Whether the instance may write.
    config : dict
        The settings it was opened with.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, path: str | Path, read_only: bool, config: dict[str, str]
    ) -> None:
        self.path = path if is_memory(path) else Path(path).absolute()
        self.read_only = read_only
        self.config = config
        self.cache: dict[str, Any] = {}
        self.lock = threading.RLock()
        self._first = weakref.ref(con)
        self._alive: list[Callable[..., Any]] = []

    def keep_alive(self, function: Callable[..., Any]) -> None:
        """Hold a registered function, and this session, for the life of the process."""
        if not self._alive:
            _sessions.append(self)
        self._alive.append(function)

    @contextmanager
    def cursor(self, writing: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a connection to the same instance for the time of a block.

        A function must not query the connection that calls it. The cursor sees what is committed.

        Raises
        ------
        DatabaseError
            When it is to write and the database is open read-only.
        """
        if writing and self.read_only:
            raise DatabaseError(
                f"{self.path} is open read-only. Connect with mmsql.connect({str(self.path)!r}) to train or deploy."
            )
        con = self._open()
        try:
            yield con
        finally:
            con.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        if str(self.path) == ":memory:":
            first = self._first()
            if first is None:
                raise DatabaseError("The connection that opened this in-memory database is closed.")
            return first.cursor()
        return duckdb.connect(str(self.path), read_only=self.read_only, config=dict(self.config))
