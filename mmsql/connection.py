"""``mmsql.connect``: an ordinary DuckDB connection with everything of mmsql in place."""

from __future__ import annotations

import functools
import threading
from pathlib import Path

import duckdb

from mmsql.db import udf
from mmsql.db.opening import open_database
from mmsql.db.schema import check_schema, ensure_schema, object_statements
from mmsql.db.session import Session
from mmsql.db.settings import read_settings
from mmsql.encoders.names import DEFAULT_DIMENSION, DEFAULT_IMAGE_DIMENSION
from mmsql.interrupts import install
from mmsql.udfs import SESSION_MACROS, UDFS

# Making a file and registering functions are steps that two threads must not mix.
_connecting = threading.Lock()


def connect(
    path: str | Path, read_only: bool = False, config: dict[str, str] | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a database with the schema, functions, macros and search path of mmsql.

    Parameters
    ----------
    path : str or Path
        The file, made when it is not there; or ``:memory:``.
    read_only : bool
        Open without the right to write. Training and deploying then raise.
    config : dict, optional
        DuckDB settings, as for ``duckdb.connect``.

    Returns
    -------
    duckdb.DuckDBPyConnection
        TEMP macros and the search path belong to this connection: call ``connect`` again rather than
        ``con.cursor()`` for a second one.

    Raises
    ------
    DatabaseError
        When the file cannot be opened, is locked, or was written by a newer mmsql.

    Examples
    --------
    >>> con = connect(":memory:")
    >>> con.sql("SELECT count(*) FROM interactions").fetchall()
    [(0,)]
    """
    install()
    with _connecting:
        return _connect(path, read_only, config or {})


def _connect(path: str | Path, read_only: bool, config: dict[str, str]) -> duckdb.DuckDBPyConnection:
    con = open_database(path, read_only, config)
    try:
        if read_only:
            check_schema(con, path)
        else:
            ensure_schema(con, path)
        _register(con, Session(con, path, read_only, config))
        con.execute(_session_script())
    except BaseException:
        con.close()
        raise
    return con


def _register(con: duckdb.DuckDBPyConnection, session: Session) -> None:
    """Register the functions, unless another connection of the same database instance has done so."""
    settings = read_settings(con) or {}
    session.cache["encoder_dimension"] = int(settings.get("encoder_dimension") or DEFAULT_DIMENSION)
    session.cache["image_encoder_dimension"] = int(settings.get("image_encoder_dimension") or DEFAULT_IMAGE_DIMENSION)
    sizes = {
        "embed_comment": session.cache["encoder_dimension"],
        "embed_image": session.cache["image_encoder_dimension"],
    }
    for function in UDFS:
        size = sizes.get(function.__name__)
        udf.register(con, function, session, f"FLOAT[{size}]" if size else None)


@functools.cache
def _session_script() -> str:
    """Return the statements that make the TEMP macros with their comments, and set the search path."""
    statements = [statement for name in SESSION_MACROS for statement in object_statements("session", name)]
    return ";\n".join(["BEGIN", *statements, "COMMIT", "SET search_path = 'main,mmsql'"])
