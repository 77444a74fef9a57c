"""A file as the view or temp table ``load_opened``, with its own columns."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from mmsql.db.sqlfiles import quote_literal

LINE_BYTES = 1 << 24  # longest line that is read
BUFFER_BYTES = 1 << 25
ERRORS, SCANS = "load_csv_errors", "load_csv_scans"
OPENED = "load_opened"


@dataclass(frozen=True, kw_only=True)
class ParsedFile:
    """A file as ``load_opened``.

    Attributes
    ----------
    kind : str
        ``csv``, ``json`` or ``parquet``.
    columns : dict of str to str
        Columns of the file and their SQL types.
    has_errors : bool
        Whether the view has ``load_line`` (the row as JSON) and ``load_error`` (the reason why it cannot be read).
    notes : tuple of str
        Remarks on the file, for the report.
    records : int, optional
        Records that the file holds, counted apart from DuckDB: rows, and lines that cannot be read. None where only
        DuckDB counts them.
    refused : tuple of (str, str)
        Reason and text of each line that ``load_opened`` lacks.
    first_line : str
        The first line of a text file whose columns it seems not to name; empty otherwise.
    """

    kind: str
    columns: dict[str, str]
    has_errors: bool = False
    notes: tuple[str, ...] = ()
    records: int | None = None
    refused: tuple[tuple[str, str], ...] = ()
    first_line: str = ""


def define_opened(con: duckdb.DuckDBPyConnection, query: str, *, stored: bool = False) -> None:
    """Make ``load_opened``: a view on a file, or a temp table where a file can be read once only."""
    kind = con.execute(
        "SELECT 'TABLE' FROM duckdb_tables() t WHERE t.temporary AND t.table_name = $name UNION ALL "
        "SELECT 'VIEW' FROM duckdb_views() v WHERE v.temporary AND v.view_name = $name",
        {"name": OPENED},
    ).fetchone()
    if kind:
        con.execute(f"DROP {kind[0]} temp.{OPENED}")
    con.execute(f"CREATE TEMP {'TABLE' if stored else 'VIEW'} {OPENED} AS {query}")


def reader_options(compression: str) -> str:
    """Return the options of ``read_csv`` that are the same for all text files."""
    return (
        f"auto_detect = false, compression = {quote_literal(compression)}, hive_partitioning = false, "
        f"max_line_size = {LINE_BYTES}, buffer_size = {BUFFER_BYTES}, store_rejects = true, "
        f"rejects_table = '{ERRORS}', rejects_scan = '{SCANS}'"
    )


def drop_errors(con: duckdb.DuckDBPyConnection) -> None:
    """Drop the errors that DuckDB's CSV reader has stored."""
    for table in (ERRORS, SCANS):
        con.execute(f"DROP TABLE IF EXISTS temp.{table}")
