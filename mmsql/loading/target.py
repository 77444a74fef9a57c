"""The source tables that files are loaded into: are they tables, what are their columns, make them fit."""

from __future__ import annotations

import duckdb

from mmsql import columns
from mmsql.db.sqlfiles import quote_identifier
from mmsql.errors import SourceError, unknown_option

ID_COLUMNS = (columns.USER, columns.ITEM)
INTEGERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
)
NUMBERS = ("FLOAT", "DOUBLE")
TEXT, WHOLE, REAL, FLAG = "VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN"


def table_columns(con: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    """Return the columns of a source and their types.

    Raises
    ------
    OptionError
        When there is no such source.
    SourceError
        When it is a view or is missing, so that nothing can be loaded into it.
    """
    if source not in columns.SOURCES:
        raise unknown_option("source", source, columns.SOURCES)
    if _is_view(con, source):
        raise SourceError(
            f"mmsql.{source} is a view over your own tables, so files cannot be loaded into it. Load into "
            f"those tables (`COPY … FROM`, `INSERT`). To have a table again, type `DROP VIEW mmsql.{source}` "
            f"and run `mmsql init`."
        )
    found = source_columns(con, source)
    if not found:
        raise SourceError(f"This database has no table mmsql.{source}. Run `mmsql init` on the file.")
    return found


def source_columns(con: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    """Return the columns of a source, table or view, and their types; none when it is missing."""
    rows = con.execute(
        "SELECT c.column_name, c.data_type FROM duckdb_columns() c WHERE c.schema_name = $schema "
        "AND c.table_name = $source AND c.database_name = current_database() ORDER BY c.column_index",
        {"schema": columns.SCHEMA, "source": source},
    ).fetchall()
    return dict(rows)


def _is_view(con: duckdb.DuckDBPyConnection, source: str) -> bool:
    found = con.execute(
        "SELECT count(*) FROM duckdb_views() v WHERE v.schema_name = $schema AND v.view_name = $source "
        "AND v.database_name = current_database()",
        {"schema": columns.SCHEMA, "source": source},
    ).fetchone()
    return bool(found and found[0])


def adopt_integer_ids(con: duckdb.DuckDBPyConnection, id_column: str) -> bool:
    """Make an id column BIGINT in every source table, where none of them holds a row yet.

    Returns
    -------
    bool
        Whether ids are whole numbers now. They stay as they are when a table has rows, or a view gives
        ids of another type, since ids must compare across sources.
    """
    carriers = [name for name in columns.SOURCES if id_column in source_columns(con, name)]
    views = [name for name in carriers if _is_view(con, name)]
    if any(source_columns(con, name)[id_column] not in INTEGERS for name in views):
        return False
    tables = [name for name in carriers if name not in views]
    for name in tables:
        if con.execute(f"SELECT 1 FROM mmsql.{quote_identifier(name)} LIMIT 1").fetchone():
            return False
    for name in tables:
        kinds = source_columns(con, name)
        for changed in (id_column, columns.RELATED) if id_column == columns.ITEM else (id_column,):
            if kinds.get(changed) == TEXT:
                con.execute(
                    f"ALTER TABLE mmsql.{quote_identifier(name)} ALTER {quote_identifier(changed)} TYPE {WHOLE}"
                )
    return True


def make_id_macros(con: duckdb.DuckDBPyConnection, source: str) -> None:
    """Make ``load_user_id`` and ``load_item_id``, which cast a text to the type of a source's ids.

    Texts stay exactly as they are; what does not fit the type, or is blank, gives NULL.
    """
    kinds = source_columns(con, source)
    for id_column in ID_COLUMNS:
        kind = kinds.get(id_column, TEXT)
        value = f"TRY_CAST(load_text(value) AS {kind})"
        if kind in INTEGERS:
            value = f"CASE WHEN regexp_full_match(value, '\\s*[+-]?[0-9]+\\s*') THEN {value} END"
        con.execute(f"CREATE OR REPLACE TEMP MACRO load_{id_column}(value) AS {value}")


def ensure_columns(con: duckdb.DuckDBPyConnection, source: str, wanted: dict[str, str]) -> list[str]:
    """Give a source table the columns that a file has, and types that hold the file's values.

    Must run before rows are deleted in the same transaction: DuckDB 1.5 refuses to commit otherwise.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In a load's transaction.
    source : str
        A source that is a table.
    wanted : dict of str to str
        Columns of the file and their types.

    Returns
    -------
    list of str
        What was changed, in words.
    """
    table, present = f"mmsql.{quote_identifier(source)}", table_columns(con, source)
    known = {name.lower(): name for name in present}
    notes = []
    for name, kind in wanted.items():
        held = known.get(name.lower())
        if held is None:
            con.execute(f"ALTER TABLE {table} ADD COLUMN {quote_identifier(name)} {kind}")
            notes.append(f"new column {name} {kind}")
            continue
        wider = wider_type(present[held], kind)
        if wider != present[held]:
            con.execute(f"ALTER TABLE {table} ALTER {quote_identifier(held)} TYPE {wider}")
            notes.append(f"column {held} was {present[held]} and is {wider} now, to hold the file's {kind}")
    return notes


def wider_type(held: str, given: str) -> str:
    """Return the type that holds the values of a column and those of a file without losing any.

    >>> wider_type("BIGINT", "DOUBLE"), wider_type("DOUBLE", "BIGINT"), wider_type("BIGINT", "VARCHAR")
    ('DOUBLE', 'DOUBLE', 'VARCHAR')
    """
    if held in (given, TEXT) or held.endswith("[]"):
        return held
    if given == WHOLE and (held in (*INTEGERS, *NUMBERS) or held.startswith("DECIMAL")):
        return held
    if given in NUMBERS and held in NUMBERS:
        return held
    if given in NUMBERS and (held in INTEGERS or held.startswith("DECIMAL")):
        return REAL
    return TEXT


def cast_to(expression: str, given: str, held: str) -> str:
    """Return the SQL that turns a file's value into the type of the column that is to hold it.

    Parameters
    ----------
    expression : str
        SQL of type ``given``.
    given, held : str
        Types of the file's value and of the column.
    """
    if given == held:
        return expression
    if given.endswith("[]") and held == TEXT:
        return f"array_to_string(CAST({expression} AS VARCHAR[]), ', ')"
    if held.endswith("[]") and not given.endswith("[]"):
        return f"CASE WHEN {expression} IS NOT NULL THEN CAST([{expression}] AS {held}) END"
    return f"CAST({expression} AS {held})"
