"""Opening a database file."""

from __future__ import annotations

from pathlib import Path

import duckdb

from mmsql.db.disk_errors import disk_error
from mmsql.db.sqlfiles import quote_literal
from mmsql.errors import DatabaseError

STORAGE_VERSION = "v1.4.0"  # readable by every DuckDB from 1.4 on


def is_memory(path: str | Path) -> bool:
    """Tell whether a path names an in-memory database."""
    return str(path).startswith(":memory:")


def open_database(
    path: str | Path, read_only: bool = False, config: dict[str, str] | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a database file, making it in the shared storage version when there is none.

    Parameters
    ----------
    path : str or Path
        The file, or ``:memory:``.
    read_only : bool
        Open without the right to write; the file must be there.
    config : dict, optional
        DuckDB settings, as for ``duckdb.connect``.

    Raises
    ------
    DatabaseError
        When the path is a directory or no database, or another process holds the file.
    """
    if not is_memory(path):
        _check_path(Path(path), read_only)
    try:
        if not is_memory(path) and not Path(path).exists():
            with duckdb.connect() as maker:
                maker.execute(f"ATTACH {quote_literal(str(path))} (STORAGE_VERSION '{STORAGE_VERSION}')")
        return duckdb.connect(str(path), read_only=read_only, config=dict(config or {}))
    except duckdb.Error as error:
        raise _explained(path, error) from error


def _check_path(path: Path, read_only: bool) -> None:
    if path.is_dir():
        raise DatabaseError(f"{path} is a directory. Name a file in it, such as {path / 'shop.duckdb'}.")
    if not path.exists() and read_only:
        raise DatabaseError(f"There is no file {path}. Run `mmsql init {path}` to make one.")
    check_name(path)
    if not path.parent.is_dir():
        raise DatabaseError(f"There is no directory {path.parent}. Make it, or name another file.")


def check_name(path: Path) -> None:
    """Check that a file's name does not hide the schema.

    Raises
    ------
    DatabaseError
        When the file is called mmsql.
    """
    if path.name.split(".")[0].lower() == "mmsql":
        raise DatabaseError(
            f"{path} cannot be used: DuckDB names a database after its file, and mmsql is the name of the schema "
            f"in it. Name it otherwise, such as {path.with_name('shop.duckdb')}."
        )


def _explained(path: str | Path, error: duckdb.Error) -> DatabaseError:
    text = str(error).splitlines()[0]
    if "could not set lock" in text.lower():
        return DatabaseError(
            f"{path} is in use by another process, which holds its write lock. "
            f"Close it there, or read a copy made by `mmsql publish`. ({text})"
        )
    if "different configuration" in text:
        return DatabaseError(
            f"{path} is already open in this process with other settings. Close that connection, "
            f"or pass the same read_only and config. ({text})"
        )
    told = disk_error(error, path)
    if told is not None:
        return told
    if "WAL" in text:
        return DatabaseError(
            f"{path} was not closed: its last changes are in {path}.wal, which DuckDB cannot replay read-only. "
            f"Run `mmsql init {path}` once; nothing is lost. ({text})"
        )
    return DatabaseError(f"{path} cannot be opened as a DuckDB database. ({text})")
