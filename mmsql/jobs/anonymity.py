"""Anonymous copies: users by salted hashes, and nothing else that names them."""

from __future__ import annotations

import secrets
from pathlib import Path

import duckdb

from mmsql import columns
from mmsql.config.attribute_kinds import IGNORED
from mmsql.db import sqlfiles
from mmsql.db.id_columns import USER_COLUMNS
from mmsql.db.opening import open_database
from mmsql.db.queries import transaction
from mmsql.db.schema import LOG_TABLES
from mmsql.db.settings import get_setting, set_setting
from mmsql.db.sqlfiles import quote_identifier, quote_literal

SALT = "anonymous_salt"  # setting of the source file; copies lack it
SALT_BYTES = 32
TABLES = ("interactions", "users", "comments", *LOG_TABLES, *USER_COLUMNS)  # with users
EMAIL = r"[[:alnum:]._%+-]+@[[:alnum:]-]+([.][[:alnum:]-]+)+"


def ensure_salt(source: Path) -> str:
    """Return the salt of a file, made the first time, so that a user has the same hash in every copy.

    Raises
    ------
    DatabaseError
        When the file has no salt yet and cannot be written to.
    """
    with open_database(source, read_only=True) as con:
        salt = get_setting(con, SALT)
    if salt is None:
        salt = secrets.token_hex(SALT_BYTES)
        with open_database(source) as con, transaction(con):
            set_setting(con, SALT, salt)
    return salt


def anonymous_rows(con: duckdb.DuckDBPyConnection, table: str, model: str, salt: str) -> str:
    """Return SQL for the rows of a table without what names a user.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to the source.
    table : str
        A table of the schema ``mmsql``.
    model : str
        The published model, whose attribute schema tells which attributes of users are read.
    salt : str
        The salt of the hashes.

    Returns
    -------
    str
        A SELECT. User ids are texts: the first 16 hexadecimal digits of SHA-256 over salt and id. It leaves out
        columns that are not declared, unless the model reads them as attributes of users, and masks e-mail addresses.
    """
    if table not in TABLES:
        return f"SELECT * FROM mmsql.{quote_identifier(table)}"
    names = [name for name, *_ in con.execute(f"DESCRIBE mmsql.{quote_identifier(table)}").fetchall()]
    if table in columns.SOURCES:
        read = _read_attributes(con, model) if table == "users" else set()
        names = [name for name in names if name in columns.SOURCES[table] or name in read]
    values = []
    for name in names:
        value = f"t.{quote_identifier(name)}"
        if name == columns.USER:
            text = f"CAST({value} AS VARCHAR)"
            value = f"CASE WHEN {value} IS NOT NULL THEN left(sha256({quote_literal(salt)} || {text}), 16) END"
        elif name == columns.BODY:
            value = f"regexp_replace({value}, '{EMAIL}', '[e-mail]', 'g')"
        values.append(f"{value} AS {quote_identifier(name)}")
    return f"SELECT {', '.join(values)} FROM mmsql.{quote_identifier(table)} t"


def _read_attributes(con: duckdb.DuckDBPyConnection, model: str) -> set[str]:
    rows = con.execute(
        sqlfiles.query("publishing", "user_attributes"), {"model": model, "ignored": IGNORED}
    ).fetchall()
    return {name for (name,) in rows}
