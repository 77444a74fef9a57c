"""Checks of the sources before training: columns, column types, id types and unusable rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import duckdb

from mmsql import columns
from mmsql.db import sqlfiles
from mmsql.errors import SourceError

# The wanted type of each typed column, and an expression that binds only where the column can be read as that type.
TEXT, NUMBER, TIMESTAMP = (
    ("VARCHAR", "trim({})"),
    ("DOUBLE", "abs({})"),
    ("TIMESTAMP", "coalesce({}, TIMESTAMP '1970-01-01')"),
)
READINGS = {
    columns.EVENT: TEXT,
    columns.RELATION: TEXT,
    columns.WEIGHT: NUMBER,
    columns.TS: TIMESTAMP,
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
HASH_DIGITS = 12  # of each source in a fingerprint
# The sources of each id, whose type must be that of interactions; ids of relations are compared as text. A column of
# this name in another source is an attribute, such as the seller of an item.
ID_SOURCES = {
    name: tuple(source for source, declared in columns.SOURCES.items() if name in declared and source != "relations")
    for name in (columns.USER, columns.ITEM)
}


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
            f"mmsql.{source} cannot be read: {str(error).splitlines()[0]} Create the table or view again."
        ) from error
    return {name: kind for name, kind, *_ in rows}


def fingerprint(con: duckdb.DuckDBPyConnection, files: Iterable[tuple[str, int, int]] = ()) -> str:
    """Hash all rows of each source, independent of their order, and the state of the files that rows name.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to the file.
    files : iterable of tuple
        Picture files, as :func:`mmsql.encoders.image_cache.picture_files` returns them.

    Returns
    -------
    str
        The hashes of the sources in the order of ``columns.SOURCES``, then the hash of the files, joined by dashes.
    """
    totals = [
        con.execute(f"SELECT count(*), coalesce(sum(hash(s)::HUGEINT), 0) FROM mmsql.{source} s").fetchall()
        for source in columns.SOURCES
    ]
    hashes = (hashlib.sha256(repr(part).encode()).hexdigest() for part in (*totals, list(files)))
    return "-".join(digest[:HASH_DIGITS] for digest in hashes)


def same_rows(source: str, one: str, other: str) -> bool:
    """Return whether a source had the same rows at two fingerprints; False for fingerprints of an earlier form."""
    parts, others = one.split("-"), other.split("-")
    index = list(columns.SOURCES).index(source)
    return len(parts) == len(others) == len(columns.SOURCES) + 1 and parts[index] == others[index]


def check_sources(con: duckdb.DuckDBPyConnection) -> None:
    """Check that every source has its columns in readable types, and that ids have one type in all sources.

    Raises
    ------
    SourceError
        When a column is missing, with what to add to the view, or when a type does not fit, with the cast.
    """
    types = check_columns(con)
    for source, declared in columns.SOURCES.items():
        for name in declared:
            _check_type(con, source, name, types[source][name])
    for column, found in differing_ids(con, types).items():
        wanted = types["interactions"][column]
        source, kind = next(iter(found.items()))
        raise SourceError(
            f"{column} is {kind} in mmsql.{source} and {wanted} in mmsql.interactions. "
            f"Cast one of them in its view: CAST({column} AS {wanted}) AS {column}."
        )


def differing_ids(con: duckdb.DuckDBPyConnection, types: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return the sources with rows whose ids have another type than those of interactions.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to the file.
    types : dict of str to dict of str to str
        The types of the columns of each source.

    Returns
    -------
    dict of str to dict of str to str
        The types by source, by id column.
    """
    found = {}
    for column, sources in ID_SOURCES.items():
        wanted = types["interactions"].get(column)
        kinds = {source: types[source][column] for source in sources if column in types.get(source, {})}
        different = {
            source: kind for source, kind in kinds.items() if wanted and kind != wanted and _has_rows(con, source)
        }
        if different:
            found[column] = different
    return found


def check_columns(
    con: duckdb.DuckDBPyConnection, names: Iterable[str] = tuple(columns.SOURCES)
) -> dict[str, dict[str, str]]:
    """Check that sources have their columns, and return the types of their columns by source.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to the file.
    names : iterable of str
        The sources to check; all by default.

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
        raise SourceError(
            f"{column} is {sql_type} in mmsql.{source} and cannot be read as {wanted}. "
            f"Change it in the view: {cast_of(column, sql_type)}."
        ) from error


def cast_of(column: str, sql_type: str) -> str:
    """Return the expression of a view that makes a column readable."""
    if column == columns.TS and "CHAR" not in sql_type:
        return f"make_timestamp(CAST({column} * 1e6 AS BIGINT)) AS {column} for seconds since 1970"
    return f"TRY_CAST({column} AS {READINGS[column][0]}) AS {column}"


def _has_rows(con: duckdb.DuckDBPyConnection, source: str) -> bool:
    return bool(con.execute(f"SELECT 1 FROM mmsql.{source} LIMIT 1").fetchall())


def reject_unusable(con: duckdb.DuckDBPyConnection) -> int:
    """Write rows that training cannot use to ``mmsql.rejects``, each once, and return their number."""
    total = 0
    for name in UNUSABLE_ROWS:
        con.execute(f"CREATE OR REPLACE TEMP TABLE unusable AS {sqlfiles.query('training/rejects', name)}")
        (found,) = con.execute("SELECT count(*) FROM unusable").fetchall()[0]
        if found:
            con.execute(sqlfiles.query("training/rejects", "delete_counts"))
            con.execute(sqlfiles.query("training/rejects", "insert_rejects"))
        total += found
    con.execute("DROP TABLE IF EXISTS temp.unusable")
    return total
