"""``mmsql.connect``: an ordinary DuckDB connection with everything of mmsql in place."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb

from mmsql.db import udf
from mmsql.db.opening import open_database
from mmsql.db.schema import check_schema, create_object, ensure_schema
from mmsql.db.session import Session
from mmsql.db.settings import get_setting
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
        _register(con, path, read_only, config)
        for name in SESSION_MACROS:
            create_object(con, "session", name)
        con.execute("SET search_path = 'main,mmsql'")
    except BaseException:
        con.close()
        raise
    return con


def _register(con: duckdb.DuckDBPyConnection, path: str | Path, read_only: bool, config: dict[str, str]) -> None:
    """Register the functions, once an instance: a second connection of the same path sees them already."""
    known = {name for (name,) in con.execute("SELECT DISTINCT f.function_name FROM duckdb_functions() f").fetchall()}
    missing = [function for function in UDFS if function.__name__ not in known]
    if not missing:
        return
    session = Session(con, path, read_only, config)
    dimensions = {
        "embed_comment": int(get_setting(con, "encoder_dimension") or DEFAULT_DIMENSION),
        "embed_image": int(get_setting(con, "image_encoder_dimension") or DEFAULT_IMAGE_DIMENSION),
    }
    session.cache["encoder_dimension"] = dimensions["embed_comment"]
    session.cache["image_encoder_dimension"] = dimensions["embed_image"]
    for function in missing:
        size = dimensions.get(function.__name__)
        udf.register(con, function, session, f"FLOAT[{size}]" if size else None)
