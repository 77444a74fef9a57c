"""Look at the sources before training: their columns, their id types, their unusable rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import duckdb

from mmsql import columns
from mmsql.db import sqlfiles
from mmsql.errors import SourceError

# Columns with a type of their own: what they are to be, and an expression that binds only where they can be read so.
TEXT, NUMBER, MOMENT = (
    ("VARCHAR", "trim({})"),
    ("DOUBLE", "abs({})"),
    ("TIMESTAMP", "coalesce({}, TIMESTAMP '1970-01-01')"),
)
READINGS = {
    columns.EVENT: TEXT,
    columns.RELATION: TEXT,
    columns.WEIGHT: NUMBER,
    columns.TS: MOMENT,
    columns.TITLE: TEXT,
    columns.DESCRIPTION: TEXT,
    columns.CATEGORY: TEXT,
    columns.BRAND: TEXT,
    columns.PRICE: NUMBER,
    columns.AVAILABLE: ("BOOLEAN", "bool_and({})"),
    columns.BODY: TEXT,
    columns.RATING: NUMBER,
    columns.IMAGE: ("BLOB", "md5({})"),
}

UNUSABLE_ROWS = (
    "unusable_interactions",
    "unusable_items",
    "unusable_comments",
    "unusable_image_rows",
    "unusable_relations",
)
HASH_DIGITS = 12  # of a source in a fingerprint
AS_WRITTEN = ("relations",)  # sources whose ids are compared as they are written, and may be of another type


def source_types(con: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    """Return the columns of a source and their SQL types.

    Raises
    ------
    SourceError
        When the source is a view that no longer works.
    """
    try:
        rows = con.execute(f"DESCRIBE SELECT * FROM mmsql.{source}").fetchall()
    except duckdb.Error as error:
        raise SourceError(
            f"mmsql.{source} cannot be read: {str(error).splitlines()[0]} Make the table or view again."
        ) from error
    return {name: kind for name, kind, *_ in rows}


def fingerprint(con: duckdb.DuckDBPyConnection, files: Iterable[tuple[str, int, int]] = ()) -> str:
    """Hash all rows of each source, independent of their order, and the state of files that rows name.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        To the file.
    files : iterable of tuple
        Of :func:`mmsql.encoders.imagecache.picture_files`.

    Returns
    -------
    str
        The hashes of ``columns.SOURCES`` in their order, then that of the files, with dashes between them.
    """
    counted = [
        con.execute(f"SELECT count(*), coalesce(sum(hash(s)::HUGEINT), 0) FROM mmsql.{source} s").fetchall()
        for source in columns.SOURCES
    ]
    hashes = (hashlib.sha256(repr(part).encode()).hexdigest() for part in (*counted, list(files)))
    return "-".join(digest[:HASH_DIGITS] for digest in hashes)


def same_rows(source: str, one: str, other: str) -> bool:
    """Tell whether a source had the same rows at two fingerprints; where one is of an earlier form, it had not."""
    parts, others = one.split("-"), other.split("-")
    place = list(columns.SOURCES).index(source)
    return len(parts) == len(others) == len(columns.SOURCES) + 1 and parts[place] == others[place]


def check_sources(con: duckdb.DuckDBPyConnection) -> None:
    """Check that every source has its columns, of types that can be read, and that ids have one type throughout.

    Raises
    ------
    SourceError
        When a column is missing, with what to add to the view; or when a type does not fit, with the cast.
    """
    types = check_columns(con)
    for source, declared in columns.SOURCES.items():
        for name in declared:
            _check_type(con, source, name, types[source][name])
    for column in (columns.USER, columns.ITEM):
        wanted = types["interactions"][column]
        for source, found in types.items():
            if source in AS_WRITTEN:
                continue
            if column in found and found[column] != wanted and _has_rows(con, source):
                raise SourceError(
                    f"{column} is {found[column]} in mmsql.{source} and {wanted} in mmsql.interactions. "
                    f"Cast one of them in its view: CAST({column} AS {wanted}) AS {column}."
                )


def check_columns(
    con: duckdb.DuckDBPyConnection, names: Iterable[str] = tuple(columns.SOURCES)
) -> dict[str, dict[str, str]]:
    """Check that sources have their columns, and return the types of all of these, by source.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        To the file.
    names : iterable of str
        Which sources; all by default.

    Raises
    ------
    SourceError
        When a column is missing, with what to add to the view.
    """
    types = {source: source_types(con, source) for source in names}
    for source, found in types.items():
        missing = [name for name in columns.SOURCES[source] if name not in found]
        if missing:
            added = ", ".join(f"NULL AS {name}" for name in missing)
            raise SourceError(
                f"mmsql.{source} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}. "
                f"Where your data has none, add to the view: {added}."
            )
    return types


def _check_type(con: duckdb.DuckDBPyConnection, source: str, column: str, sql_type: str) -> None:
    if column not in READINGS:
        return
    wanted, reading = READINGS[column]
    try:
        con.execute(f"DESCRIBE SELECT {reading.format('s.' + column)} FROM mmsql.{source} s")
    except duckdb.BinderException as error:
        cast = f"CAST({column} AS {wanted}) AS {column}"
        if column == columns.TS and "CHAR" not in sql_type:
            cast = f"make_timestamp(CAST({column} * 1000000 AS BIGINT)) AS {column} for seconds since 1970"
        raise SourceError(
            f"{column} is {sql_type} in mmsql.{source} and cannot be read as {wanted}. Change it in the view: {cast}."
        ) from error


def _has_rows(con: duckdb.DuckDBPyConnection, source: str) -> bool:
    return bool(con.execute(f"SELECT 1 FROM mmsql.{source} LIMIT 1").fetchall())


def reject_unusable(con: duckdb.DuckDBPyConnection) -> int:
    """Write rows that training cannot use to ``mmsql.rejects``, each once, and return how many there are."""
    total = 0
    for name in UNUSABLE_ROWS:
        con.execute(f"CREATE OR REPLACE TEMP TABLE unusable AS {sqlfiles.query('training/rejects', name)}")
        (found,) = con.execute("SELECT count(*) FROM unusable").fetchall()[0]
        if found:
            con.execute(sqlfiles.query("training/rejects", "insert_rejects"))
        total += found
    con.execute("DROP TABLE IF EXISTS temp.unusable")
    return total
