"""Source tables as targets of a load: their columns and types, and changes that make a file fit."""

from __future__ import annotations

import duckdb

from mmsql import columns
from mmsql.db.sqlfiles import quote_identifier
from mmsql.errors import SourceError, unknown_option

ID_COLUMNS = (columns.USER, columns.ITEM)
MAX_ADDED = 100  # columns that are added one by one
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
    """Return the columns of a source table and their types.

    Raises
    ------
    OptionError
        When there is no such source.
    SourceError
        When it is a view or missing, so that no file can be loaded into it.
    """
    if source not in columns.SOURCES:
        raise unknown_option("source", source, columns.SOURCES)
    if _is_view(con, source):
        raise SourceError(
            f"mmsql.{source} is a view over your own tables, so files cannot be loaded into it. Load into "
            f"those tables (`COPY … FROM`, `INSERT`). To get a table again, type `DROP VIEW mmsql.{source}` "
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
    """Make an id column BIGINT in every source table, where none has a row yet.

    Returns
    -------
    bool
        Whether ids are whole numbers now. They keep their type when a table has rows or a view has ids of another
        type, since ids must compare across sources.
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


def are_tables(con: duckdb.DuckDBPyConnection, id_column: str) -> bool:
    """Return whether all sources with an id are tables, whose type can change."""
    return not any(_is_view(con, name) for name, declared in columns.SOURCES.items() if id_column in declared)


def find_unfit_id(con: duckdb.DuckDBPyConnection, source: str, name: str, text: str | None) -> str | None:
    """Return an id of the file that is no whole number, where the column has whole numbers; otherwise None.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In the transaction of a load, with ``load_raw``.
    source, name : str
        The source and its id column.
    text : str, optional
        SQL of the id's text over a row of ``load_raw``, whose alias is ``load_row``.
    """
    kind = source_columns(con, source).get(name, TEXT)
    if text is None or kind not in INTEGERS:
        return None
    found = con.execute(
        f"SELECT f.id FROM (SELECT load_text({text}) AS id FROM load_raw load_row) f "
        f"WHERE f.id IS NOT NULL AND {_whole_number('f.id', kind)} IS NULL LIMIT 1"
    ).fetchone()
    return str(found[0]) if found else None


def _whole_number(text: str, kind: str) -> str:
    return f"CASE WHEN regexp_full_match({text}, '\\s*[+-]?[0-9]+([.]0+)?\\s*') THEN TRY_CAST({text} AS {kind}) END"


def make_id_macros(con: duckdb.DuckDBPyConnection, source: str) -> None:
    """Make the macros ``load_user_id`` and ``load_item_id``, which cast a text to the type of a source's ids.

    Text ids keep their form. A text that does not fit the type, or is blank, gives NULL.
    """
    kinds = source_columns(con, source)
    for id_column in ID_COLUMNS:
        kind = kinds.get(id_column, TEXT)
        value = _whole_number("value", kind) if kind in INTEGERS else f"TRY_CAST(load_text(value) AS {kind})"
        con.execute(f"CREATE OR REPLACE TEMP MACRO load_{id_column}(value) AS {value}")


def ensure_columns(con: duckdb.DuckDBPyConnection, source: str, wanted: dict[str, str]) -> list[str]:
    """Give a source table the columns of a file, in types that hold the file's values.

    Call it before rows are deleted in the same transaction: otherwise DuckDB 1.5 refuses to commit.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In the transaction of a load.
    source : str
        A source that is a table.
    wanted : dict of str to str
        Columns of the file and their types.

    Returns
    -------
    list of str
        Notes on the changes.
    """
    table, present = f"mmsql.{quote_identifier(source)}", table_columns(con, source)
    known = {name.lower(): name for name in present}
    notes = []
    new = {name: kind for name, kind in wanted.items() if name.lower() not in known}
    _add_columns(con, table, new)
    notes += [f"new column {name} {kind}" for name, kind in new.items()]
    for name, kind in wanted.items():
        own = known.get(name.lower())
        if own is None:
            continue
        wider = wider_type(present[own], kind)
        if wider != present[own]:
            con.execute(f"ALTER TABLE {table} ALTER {quote_identifier(own)} TYPE {wider}")
            notes.append(f"column {own} was {present[own]} and is now {wider}, to hold the file's {kind}")
    return notes


def _add_columns(con: duckdb.DuckDBPyConnection, table: str, new: dict[str, str]) -> None:
    """Add columns to a table: few one by one, many by writing the table again, which takes as long as one change."""
    if len(new) <= MAX_ADDED:
        for name, kind in new.items():
            con.execute(f"ALTER TABLE {table} ADD COLUMN {quote_identifier(name)} {kind}")
        return
    added = ", ".join(f"CAST(NULL AS {kind}) AS {quote_identifier(name)}" for name, kind in new.items())
    con.execute(f"CREATE TABLE mmsql.load_wider AS SELECT t.*, {added} FROM {table} t")
    con.execute(f"DROP TABLE {table}")
    con.execute(f"ALTER TABLE mmsql.load_wider RENAME TO {table.removeprefix('mmsql.')}")


def wider_type(column_type: str, given: str) -> str:
    """Return a type that holds the values of a column and those of a file without loss.

    >>> wider_type("BIGINT", "DOUBLE"), wider_type("DOUBLE", "BIGINT"), wider_type("BIGINT", "VARCHAR")
    ('DOUBLE', 'DOUBLE', 'VARCHAR')
    """
    if column_type in (given, TEXT) or column_type.endswith("[]"):
        return column_type
    if given == WHOLE and (column_type in (*INTEGERS, *NUMBERS) or column_type.startswith("DECIMAL")):
        return column_type
    if given in NUMBERS and column_type in NUMBERS:
        return column_type
    if given in NUMBERS and (column_type in INTEGERS or column_type.startswith("DECIMAL")):
        return REAL
    return TEXT


def cast_to(expression: str, given: str, column_type: str) -> str:
    """Return SQL that casts a file's value to the type of its column.

    Parameters
    ----------
    expression : str
        SQL of type ``given``.
    given, column_type : str
        Types of the file's value and of the column.
    """
    if given == column_type:
        return expression
    if given.endswith("[]") and column_type == TEXT:
        return f"array_to_string(CAST({expression} AS VARCHAR[]), ', ')"
    if column_type.endswith("[]") and not given.endswith("[]"):
        return f"CASE WHEN {expression} IS NOT NULL THEN CAST([{expression}] AS {column_type}) END"
    return f"CAST({expression} AS {column_type})"
